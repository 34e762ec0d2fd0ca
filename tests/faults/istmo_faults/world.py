"""A whole platform of separate processes, with its subscribers: where faults happen."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
from psycopg import sql

from istmo_common.http_server import serve
from istmo_faults.history import DeadLetter, History, Resumed, Subscribed
from istmo_faults.launching import FOLDER
from istmo_faults.processes import Process, python_path, tend, until
from istmo_faults.reports import OWNERS
from istmo_faults.subscribers import HOOK, HOOK_PATH, STREAM, Hook, Stream
from istmo_stack.admin import AdminClient, NewPartner, is_ready
from istmo_stack.folder import Addresses
from istmo_stack.ports import free_port

__all__ = ["HANDLE_KEY", "Places", "World", "open_world"]

HANDLE_KEY: Final = "a key of thirty-two characters .."

_READY_SECONDS: Final = 180.0
_PROGRAMS: Final = {
    "ingest": ("istmo_ingest", "api"),
    "registry": ("istmo_registry", "api"),
    "notify": ("istmo_notify", "api"),
    "fold": ("istmo_registry", "fold"),
    "match": ("istmo_registry", "match"),
    "resolve": ("istmo_registry", "resolve"),
    "relay": ("istmo_registry", "relay"),
    "notify-worker": ("istmo_notify", "worker"),
}
"""The package and the role of each process."""
_QUICK: Final = {
    "ISTMO_NOTIFY_ALLOW_LOOPBACK": "1",
    "ISTMO_NOTIFY_HEARTBEAT": "PT1S",
    "ISTMO_NOTIFY_WEBHOOK_TIMEOUT": "PT2S",
    "ISTMO_NOTIFY_FIRST_RETRY": "PT0.3S",
    "ISTMO_NOTIFY_LONGEST_RETRY": "PT2S",
}
"""Waits that would only make the runs longer; everything else is as it is in production."""


@dataclass(frozen=True)
class Places:
    """The servers under a platform, and what sets it apart on them."""

    kafka: str
    postgres: str
    redis: str
    topic_prefix: str
    schema_prefix: str
    copies: int = 1

    @classmethod
    def on(cls, kafka: str, postgres: str, redis: str, copies: int = 1) -> "Places":
        """A new platform on these servers."""
        name = f"f{secrets.token_hex(4)}"
        return cls(kafka, postgres, redis, f"{name}-", f"{name}_", copies)

    def settings(self) -> dict[str, str]:
        """As the processes read them."""
        return {
            "ISTMO_KAFKA": self.kafka,
            "ISTMO_POSTGRES_URL": self.postgres,
            "ISTMO_REDIS_URL": self.redis,
            "ISTMO_TOPIC_PREFIX": self.topic_prefix,
            "ISTMO_SCHEMA_PREFIX": self.schema_prefix,
            "ISTMO_REPLICATION_FACTOR": str(self.copies),
            "ISTMO_HANDLE_KEY": HANDLE_KEY,
        }

    def clear(self) -> None:
        """Drop the schemas."""
        with psycopg.connect(self.postgres, autocommit=True, options="-c lock_timeout=10s") as connection:
            mine = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)"
            found = connection.execute(mine, [self.schema_prefix])
            for (name,) in found.fetchall():
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


class World:
    """The processes by role, the subscribers, and the way to each. `history` is where the present run is noted."""

    def __init__(self, places: Places, folder: Path) -> None:
        self.places = places
        self.folder = folder
        self.keys: dict[str, str] = {}
        self._points = folder / "points"
        self._points.mkdir(parents=True)
        self.admin_key = secrets.token_urlsafe(24)
        self.addresses = _addresses(places, folder, self.admin_key)
        self.admin = AdminClient(Path(self.addresses.admin_key_file))
        self.processes = {role: [self._process(role, 1)] for role in _PROGRAMS}
        self.hook = Hook(self._present)
        self.stream: Stream
        self.subscriptions: dict[str, str] = {}
        self.letters: set[DeadLetter] = set()
        """The dead letters that are known of."""
        self._history: History | None = None

    def role(self, role: str) -> list[Process]:
        """The processes of a role (`ingest`, `registry`, `notify`, `fold`, …, `notify-worker`)."""
        return self.processes[role]

    def everyone(self) -> list[Process]:
        """All processes."""
        return [process for processes in self.processes.values() for process in processes]

    @asynccontextmanager
    async def one_more(self, role: str) -> AsyncIterator[None]:
        """A second process of a role for as long as the block runs. (The platform tends it.)"""
        more = self._process(role, 2)
        self.processes[role].append(more)
        more.start()
        try:
            yield
        finally:
            await more.stop()
            self.processes[role].remove(more)

    async def reach(self, point: str, timeout_seconds: float = 30.0) -> None:
        """Have a process die at a point. Raises TimeoutError where none comes by."""
        order = self._points / point
        order.touch()
        try:
            async with asyncio.timeout(timeout_seconds):
                await until(lambda: asyncio.to_thread(lambda: not order.exists()))
        finally:
            order.unlink(missing_ok=True)

    @contextmanager
    def noted_in(self, history: History) -> Iterator[None]:
        """What the subscribers are told meanwhile is noted there."""
        history.note(
            Subscribed(HOOK, "webhook", self.hook.last, HOOK_PATH), Subscribed(STREAM, "sse", self.stream.last)
        )
        self._history = history
        try:
            yield
        finally:
            self._history = None

    async def ask(self, method: str, path: str, subscriber: str) -> dict[str, Any]:
        """Ask notify about a subscription."""
        async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
            answer = await http.request(
                method,
                f"{self.addresses.notify}/v1/subscriptions/{self.subscriptions[subscriber]}{path}",
                headers={"Authorization": f"Bearer {self.keys['faults-a']}"},
            )
        return dict(answer.raise_for_status().json())

    async def resume_hook(self) -> None:
        """Have the paused webhook go on."""
        self._present().note(Resumed(HOOK))
        await self.ask("POST", "/resume", HOOK)

    async def wait_ready(self) -> None:
        """Return once the APIs say that they can do their work. Raises TimeoutError."""
        async with asyncio.timeout(_READY_SECONDS):
            for url in (self.addresses.ingest, self.addresses.registry, self.addresses.notify):
                await until(partial(asyncio.to_thread, is_ready, url))

    async def subscribe(self, hook_url: str) -> None:
        """Make the partners known, and both subscriptions of the first of them."""
        for partner, owned in OWNERS.items():
            new = NewPartner(name=partner, kind="civil-society", language="en", owns=[owned], id=partner)
            self.keys[partner] = await asyncio.to_thread(self.admin.add_partner, self.addresses.registry, new)
            await asyncio.to_thread(self.admin.wait_until_known, self.addresses, self.keys[partner])
        headers = {"Authorization": f"Bearer {self.keys['faults-a']}"}
        async with httpx.AsyncClient(base_url=self.addresses.notify, headers=headers, trust_env=False) as http:
            for name, channel in {HOOK: {"kind": "webhook", "url": hook_url}, STREAM: {"kind": "sse"}}.items():
                answer = await http.post("/v1/subscriptions", json={"channel": channel})
                self.subscriptions[name] = answer.raise_for_status().json()["id"]
        path = f"/v1/subscriptions/{self.subscriptions[STREAM]}/stream"
        self.stream = Stream(self.addresses.notify + path, self.keys["faults-a"], self._present)

    def _present(self) -> History:
        assert self._history is not None, "something was told between two runs"
        return self._history

    def _process(self, role: str, number: int) -> Process:
        package, word = _PROGRAMS[role]
        environment = {**os.environ, **self.places.settings(), **_QUICK, FOLDER: str(self._points)}
        environment["PYTHONPATH"] = python_path()
        environment["ISTMO_ADMIN_KEY_SHA256"] = hashlib.sha256(self.admin_key.encode()).hexdigest()
        if word == "api":
            environment["ISTMO_PORT"] = str(getattr(self.addresses, role)).rpartition(":")[2]
        return Process(package, word, environment, self.folder / f"{role}-{number}.log")


def _addresses(places: Places, folder: Path, admin_key: str) -> Addresses:
    file = folder / "admin.key"
    file.touch(mode=0o600)
    file.write_text(admin_key)
    urls = {name: f"http://127.0.0.1:{free_port()}" for name in ("ingest", "registry", "notify")}
    return Addresses(**urls, kafka=places.kafka, postgres=places.postgres, redis=places.redis, admin_key_file=str(file))


@asynccontextmanager
async def open_world(places: Places, folder: Path) -> AsyncIterator[World]:
    """A platform that works, with both subscribers at its feeds; all of it ends with the block."""
    world, stop, port = World(places, folder), asyncio.Event(), free_port()
    async with AsyncExitStack() as stack:
        stack.callback(places.clear)
        for process in world.everyone():
            stack.callback(process.kill)
            process.start()
        serving = asyncio.create_task(serve(world.hook.app, "127.0.0.1", port, stop))
        stack.push_async_callback(asyncio.wait, {serving})
        stack.callback(stop.set)
        tending = asyncio.create_task(tend(world.everyone()))
        stack.callback(tending.cancel)
        await world.wait_ready()
        await world.subscribe(f"http://127.0.0.1:{port}{HOOK_PATH}")
        reading = asyncio.create_task(world.stream.run())
        stack.callback(reading.cancel)
        yield world
