"""The compose file: valid, pinned, without secrets; and its very commands and environments run the platform."""

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from ruamel.yaml import YAML

from istmo_common.heartbeat import HEARTBEAT_FILE, is_alive
from istmo_common.kafka.topics import partition_numbers
from istmo_stack.ports import free_port
from istmo_stack.testing import Broker, Server

_FILE: Final = Path(__file__).parents[2] / "docker-compose.yml"
_OURS: Final = re.compile(r"istmo/(ingest|registry|notify):")
_ADMIN_KEY: Final = "an-admin-key-of-this-test"
_START_SECONDS: Final = 90

Services = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def services() -> Services:
    """The services of the compose file, anchors and merges resolved."""
    with _FILE.open() as file:
        return dict(YAML(typ="safe").load(file)["services"])


def test_the_file_is_what_compose_reads() -> None:
    """`docker compose` takes the file: it satisfies the compose specification's own schema."""
    checker = Path(sys.executable).parent / "check-jsonschema"
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", _FILE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "ok -- validation done")


def test_images_are_pinned_and_watched_and_nothing_runs_as_root(services: Services) -> None:
    """The same file starts the same versions next year, shows what is unwell, and gives no process the machine."""
    for name, service in services.items():
        assert re.fullmatch(r"[a-z/-]+:\d+\.\d+(\.\d+)?", service["image"]), name
        assert service.get("user") != "root", name
        if _OURS.match(service["image"]):
            assert (service["user"], service["read_only"], service["cap_drop"]) == ("10001", True, ["ALL"]), name
        assert "healthcheck" in service or service["restart"] == "on-failure", name


def test_the_file_holds_no_secret_and_listens_only_here(services: Services) -> None:
    """Secrets are the operator's own, and nothing is reachable from outside of the machine by default."""
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|KEY|AUTH", variable):
                assert re.fullmatch(r"\$\{ISTMO_[A-Z0-9_]+:\?set it in \.env\}", value), (name, variable)
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def _environment(service: Mapping[str, Any], values: Mapping[str, str], addresses: Mapping[str, str]) -> dict[str, str]:
    """A service's environment as compose would give it, with this machine's addresses for the containers' names."""
    given = {
        name: re.sub(r"\$\{([A-Z0-9_]+)[^}]*\}", lambda found: values[found.group(1)], str(stated))
        for name, stated in service["environment"].items()
    }
    kept_apart = {name: addresses[name] for name in ("ISTMO_TOPIC_PREFIX", "ISTMO_SCHEMA_PREFIX")}
    return {name: addresses.get(name, value) for name, value in given.items()} | kept_apart


class _Processes:
    """Services of the compose file as plain processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        assert command[0] == "python"
        with (self._folder / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *command[1:]],
                env={"PATH": os.environ["PATH"], **environment},
                stdout=log,
                stderr=log,
            )

    def wait_until(self, name: str, ready: Any) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            code = self._running[name].poll()
            log = (self._folder / f"{name}.log").read_text()
            assert code is None, f"{name} ended with {code}:\n{log}"
            assert time.monotonic() < deadline, f"{name} is not ready:\n{log}"
            time.sleep(0.2)

    def finish(self, name: str) -> int:
        return self._running.pop(name).wait(_START_SECONDS)

    def stop(self) -> dict[str, int]:
        """End all as compose does, with SIGTERM; their exit codes."""
        for process in self._running.values():
            process.terminate()
        return {name: process.wait(30) for name, process in self._running.items()}


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[_Processes]:
    """Processes that are gone after the test."""
    running = _Processes(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def parts(kafka: Broker, postgres: Server, valkey: Server, topic_prefix: str, schema_prefix: str) -> dict[str, str]:
    """Where the parts that containers would reach by name are on this machine."""
    return {
        "ISTMO_KAFKA": kafka.bootstrap_servers,
        "ISTMO_POSTGRES_URL": postgres.url,
        "ISTMO_REDIS_URL": valkey.url,
        "ISTMO_TOPIC_PREFIX": topic_prefix,
        "ISTMO_SCHEMA_PREFIX": schema_prefix,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
        "ISTMO_HOST": "127.0.0.1",
    }


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2).is_success
    except httpx.HTTPError:
        return False


@pytest.mark.timeout(300)
def test_its_commands_and_environments_run_the_platform(
    services: Services,
    processes: _Processes,
    parts: Mapping[str, str],
    tmp_path: Path,
) -> None:
    """Started as the file says, the services take in a report, and every one of them drains and ends when told to."""
    values = {
        "ISTMO_POSTGRES_PASSWORD": "unused",
        "ISTMO_REDIS_PASSWORD": "unused",
        "ISTMO_HANDLE_KEY": "a handle key of 32 characters or more",
        "ISTMO_ADMIN_KEY_SHA256": hashlib.sha256(_ADMIN_KEY.encode()).hexdigest(),
    }
    ours = {name: service for name, service in services.items() if _OURS.match(service["image"])}
    urls, beats = {}, {}
    for name, service in sorted(ours.items(), key=lambda item: item[0] != "topics"):
        beats[name] = tmp_path / f"{name}.beat"
        port = str(free_port())
        urls[name] = f"http://127.0.0.1:{port}"
        environment = _environment(service, values, {**parts, "ISTMO_PORT": port, HEARTBEAT_FILE: str(beats[name])})
        processes.start(name, service["command"], environment)
        if name == "topics":
            assert processes.finish(name) == 0
            assert asyncio.run(partition_numbers(parts["ISTMO_KAFKA"], f"{parts['ISTMO_TOPIC_PREFIX']}alerts")) != []
    for name, service in ours.items():
        if "ISTMO_PORT" in service["environment"]:
            processes.wait_until(name, lambda name=name: _answers(urls[name]))
        elif name != "topics":
            processes.wait_until(name, lambda name=name: is_alive(beats[name]))
    _report_and_read(urls)
    assert processes.stop() == {name: 0 for name in ours if name != "topics"}


def _report_and_read(urls: Mapping[str, str]) -> None:
    """A partner reports an activity, and the registry shows it."""
    partner = {"name": "Compose", "kind": "civil-society", "language": "en", "owns": ["XI-COMPOSE"]}
    admin = {"Authorization": f"Bearer {_ADMIN_KEY}"}
    added = httpx.post(f"{urls['registry']}/v1/partners", json=partner, headers=admin, timeout=10)
    assert added.status_code == 201, added.text
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/compose",
        "type": "activity.reported",
        "data": {
            "reporter": "XI-COMPOSE",
            "activity": "XI-COMPOSE-1",
            "marking": {"tlp": "CLEAR"},
            "title": [{"text": "Started from the compose file"}],
        },
    }
    headers = {
        "Authorization": f"Bearer {added.json()['key']}",
        "Content-Type": "application/cloudevents+json",
    }
    deadline = time.monotonic() + 60
    posted = shown = False
    while not shown:
        assert time.monotonic() < deadline, f"posted: {posted}, shown: {shown}"
        # The key is known a moment after it was made.
        posted = posted or _posted(urls["ingest"], event, headers)
        shown = bool(httpx.get(f"{urls['registry']}/v1/programmes", timeout=10).json()["programmes"])
        time.sleep(0.2)


def _posted(ingest: str, event: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    answer = httpx.post(f"{ingest}/v1/events", content=json.dumps(event), headers=dict(headers), timeout=10)
    assert answer.status_code in (202, 401), answer.text
    return answer.status_code == 202
