"""One stack, from the first part to the last process: started, watched over, and stopped in order."""

import asyncio
import hashlib
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from istmo_common.heartbeat import HEARTBEAT_FILE
from istmo_common.kafka.topics import ensure_topics
from istmo_common.settings import CommonSettings
from istmo_stack.bootstrap import ensure_desk
from istmo_stack.child import Child
from istmo_stack.errors import ChildError, StartTimeout
from istmo_stack.folder import Addresses, DataFolder
from istmo_stack.health import is_well
from istmo_stack.kept import Kept, RestartPolicy
from istmo_stack.leftovers import end_leftovers
from istmo_stack.parts import LocalPart, Parts
from istmo_stack.ports import LOOPBACK, PortBook
from istmo_stack.services import SERVICES, Service, instances

__all__ = ["StopRequested", "Supervisor"]

_LOOK_EVERY_SECONDS = 0.2
_START_TIMEOUT_SECONDS = 180.0

# A process that falls this often before it was healthy once is told to the user, not tried for ever.
_MOST_FALLS_AT_START = 4


class StopRequested(Exception):
    """Somebody asked the stack to stop while it was starting."""


class Supervisor:
    """Runs one stack in this process until it is asked to stop by SIGINT, SIGTERM or SIGHUP.

    `report` hears each step of the start in a few words; `ready` hears the addresses once everything is healthy.
    """

    def __init__(
        self,
        folder: DataFolder,
        counts: Mapping[str, int],
        *,
        report: Callable[[str], object],
        ready: Callable[[Addresses], object],
        services: Sequence[Service] = SERVICES,
        policy: RestartPolicy | None = None,
    ) -> None:
        self._folder = folder
        self._counts = counts
        self._report = report
        self._ready = ready
        self._table = services
        self._policy = policy or RestartPolicy()
        self._parts: list[tuple[Kept, LocalPart]] = []
        self._services: list[Kept] = []
        self._asked_to_stop = False
        self._state: dict[str, Any] = {"ready": False, "error": None, "step": "", "notices": []}

    def run(self) -> None:
        """Start everything, watch over it, and stop it when asked.

        Raises StackRunning when another process holds the folder, ChildError when something does not start. Whatever
        ends it, nothing that it started is left running.
        """
        with self._folder.held():
            end_leftovers(self._folder)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._ask_to_stop)
            ports = PortBook(self._folder.ports_file)
            try:
                self._folder.check_whole()
                self._start(ports)
                while not self._asked_to_stop:
                    self._tend()
                    time.sleep(_LOOK_EVERY_SECONDS)
            except StopRequested:
                pass
            except Exception as error:
                self._state["error"] = str(error)
                raise
            finally:
                self._stop()
                ports.release()

    def _ask_to_stop(self, _number: int, _frame: object) -> None:
        self._asked_to_stop = True

    def _step(self, words: str) -> None:
        if self._asked_to_stop:
            raise StopRequested
        if words != self._state["step"]:
            self._state["step"] = words
            self._write_state()
            self._report(words)

    def _start(self, ports: PortBook) -> None:
        parts = Parts(self._folder, ports)
        self._start_parts(parts)
        self._step("Checking the topics")
        settings = parts.settings()
        asyncio.run(_ensure_topics(settings["ISTMO_KAFKA"]))
        urls = {each.name: f"http://{LOOPBACK}:{ports.port(each.name, each.port)}" for each in self._table if each.port}
        self._step("Starting the services")
        self._start_services(settings, urls)
        self._wait_for_services(urls)
        self._step("Preparing the coordination desk")
        ensure_desk(self._folder, urls["registry"])
        self._announce(settings, urls)

    def _start_parts(self, parts: Parts) -> None:
        local = list(parts.local())
        for part in local:
            self._step(f"Starting {part.child.name}")
            kept = Kept(part.child.name, part.child, part.start, self._policy)
            self._parts.append((kept, part))
            kept.start()
        self._state["notices"] = list(parts.notices())
        for part in local:
            self._step(f"Waiting for {part.child.name}")
            part.wait_healthy()

    def _start_services(self, settings: Mapping[str, str], urls: Mapping[str, str]) -> None:
        admin_key = self._folder.secret(self._folder.admin_key_file, _new_admin_key)
        keys = {
            "ISTMO_HANDLE_KEY": os.environ.get("ISTMO_HANDLE_KEY") or self._folder.secret(self._folder.handle_key_file),
            "ISTMO_ADMIN_KEY_SHA256": hashlib.sha256(admin_key.encode()).hexdigest(),
        }
        for name, service in instances(self._counts, self._table):
            kept = self._service(name, service, {**settings, **keys}, urls)
            self._services.append(kept)
            kept.start()

    def _service(self, name: str, service: Service, settings: Mapping[str, str], urls: Mapping[str, str]) -> Kept:
        environment = _environment(service, settings)
        beat = self._folder.heartbeat_file(name)
        if service.port is None:
            environment[HEARTBEAT_FILE] = str(beat)
        else:
            environment |= {"ISTMO_HOST": LOOPBACK, "ISTMO_PORT": urls[name].rpartition(":")[2]}
        child = Child(name, log_path=self._folder.logs / f"{name}.log", pid_path=self._folder.run / f"{name}.pid")
        command = [sys.executable, "-m", service.package, service.role]

        def start() -> None:
            beat.unlink(missing_ok=True)
            child.start(command, cwd=self._folder.root, env=environment)

        return Kept(name, child, start, self._policy)

    def _wait_for_services(self, urls: Mapping[str, str]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        waiting = [kept.name for kept in self._services]
        while waiting:
            self._step(f"Waiting for {', '.join(waiting)}")
            self._tend()
            for kept in self._services:
                if kept.falls >= _MOST_FALLS_AT_START:
                    raise ChildError(f"{kept.name} ends again and again; {kept.child.last_words()}")
            waiting = [name for name in waiting if not is_well(self._folder, name, urls.get(name))]
            if time.monotonic() > deadline:
                raise StartTimeout(f"not ready after {_START_TIMEOUT_SECONDS:.0f} s: {', '.join(waiting)}")
            time.sleep(_LOOK_EVERY_SECONDS)

    def _announce(self, settings: Mapping[str, str], urls: Mapping[str, str]) -> None:
        addresses = Addresses(
            **urls,
            kafka=settings["ISTMO_KAFKA"],
            postgres=settings["ISTMO_POSTGRES_URL"],
            redis=settings["ISTMO_REDIS_URL"],
            admin_key_file=str(self._folder.admin_key_file),
        )
        self._folder.publish(addresses)
        self._state |= {"ready": True, "step": ""}
        self._write_state()
        self._ready(addresses)

    def _tend(self) -> None:
        changed = [kept.tend() for kept in self._all()]
        if any(changed):
            self._write_state()

    def _all(self) -> list[Kept]:
        return [*(kept for kept, _ in self._parts), *self._services]

    def _write_state(self) -> None:
        processes = {kept.name: kept.state() for kept in self._all()}
        self._folder.write_state({**self._state, "pid": os.getpid(), "processes": processes})

    def _stop(self) -> None:
        """First the services, each of which drains, then what they stand on."""
        self._folder.stack_file.unlink(missing_ok=True)
        for kept in self._services:
            kept.child.ask_to_stop()
        for kept in self._services:
            kept.child.stop()
        for _, part in reversed(self._parts):
            part.stop()
        self._state["ready"] = False
        self._write_state()


async def _ensure_topics(bootstrap_servers: str) -> None:
    common = CommonSettings()
    await ensure_topics(
        bootstrap_servers,
        common.topic_prefix,
        partitions=common.partitions,
        replication_factor=common.replication_factor,
    )


def _new_admin_key() -> str:
    return f"admin_{secrets.token_urlsafe(32)}"


def _environment(service: Service, settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, with the settings that the service reads and without those of others."""
    kept = {name: value for name, value in os.environ.items() if name not in settings}
    return {**service.sets, **kept, **{name: settings[name] for name in service.reads}}
