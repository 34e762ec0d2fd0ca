"""The API as a process beside a relay, on the real log."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from istmo_registry_api.registry import ADMIN, ADMIN_SHA256
from istmo_stack.ports import free_port
from istmo_stack.testing import Broker, Server

pytestmark = pytest.mark.stack


@contextmanager
def process(role: str, environment: dict[str, str], output: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A role of the registry, which is killed at the end if it still runs."""
    with output.open("ab") as file:
        command = [sys.executable, "-m", "istmo_registry", role]
        started = subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.STDOUT)
        try:
            yield started
        finally:
            started.kill()
            started.wait()


async def status_within(seconds: float, client: httpx.AsyncClient, address: str, **headers: str) -> int:
    """The status of the first success, else of the last answer."""
    status = 0
    try:
        async with asyncio.timeout(seconds):
            while status != 200:
                await asyncio.sleep(0.05)
                try:
                    status = (await client.get(address, headers=headers)).status_code
                except httpx.TransportError:
                    continue
    except TimeoutError:
        return status
    return status


async def test_a_new_key_works_shortly(
    kafka: Broker, postgres: Server, topic_prefix: str, schema_prefix: str, tmp_path: Path
) -> None:
    """A partner that was just added can use its key within moments, and processes end when they are asked to."""
    port = free_port()
    environment = os.environ | {
        "ISTMO_KAFKA": kafka.bootstrap_servers,
        "ISTMO_POSTGRES_URL": postgres.url,
        "ISTMO_TOPIC_PREFIX": topic_prefix,
        "ISTMO_SCHEMA_PREFIX": schema_prefix,
        "ISTMO_HANDLE_KEY": "a key of thirty-two characters ..",
        "ISTMO_ADMIN_KEY_SHA256": ADMIN_SHA256,
        "ISTMO_PORT": str(port),
    }
    with ExitStack() as stack:
        running = [
            stack.enter_context(process(role, environment, tmp_path / f"{role}.log")) for role in ("api", "relay")
        ]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            assert 200 == await status_within(60, client, "/readyz"), (tmp_path / "api.log").read_text()
            form = {"name": "Police", "kind": "isthmus-government", "language": "es", "owns": ["HN-POL"]}
            added = await client.post("/v1/partners", headers=ADMIN, json=form)
            assert 201 == added.status_code
            key = f"Bearer {added.json()['key']}"
            assert 200 == await status_within(20, client, "/v1/pairs", Authorization=key)
        for each in running:
            each.send_signal(signal.SIGTERM)
        assert [0, 0] == [each.wait(20) for each in running]
