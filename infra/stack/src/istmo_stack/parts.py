"""The three servers under the platform: each taken from the environment if given, else started."""

import os
from collections.abc import Iterator
from typing import Protocol

from istmo_stack.child import Child
from istmo_stack.folder import DataFolder
from istmo_stack.jars import ensure_jars
from istmo_stack.kafka import LocalKafka
from istmo_stack.ports import PortBook
from istmo_stack.postgres import LocalPostgres
from istmo_stack.valkey import LocalValkey

__all__ = ["LocalPart", "Parts", "fetch_what_is_missing"]


_ADDRESSES = ("ISTMO_KAFKA", "ISTMO_POSTGRES_URL", "ISTMO_REDIS_URL")


class LocalPart(Protocol):
    """A server that the stack itself starts."""

    @property
    def child(self) -> Child:
        """Its process."""

    def start(self) -> None:
        """Start it."""

    def wait_healthy(self, timeout_seconds: float = ...) -> None:
        """Return once it works."""

    def stop(self) -> None:
        """Stop it in order."""


def fetch_what_is_missing() -> None:
    """Bring down what the parts need and is not on this machine yet, with progress on the terminal."""
    if not os.environ.get("ISTMO_KAFKA"):
        ensure_jars()


class Parts:
    """Kafka, PostgreSQL and Valkey of one stack."""

    def __init__(self, folder: DataFolder, ports: PortBook) -> None:
        self._given = {name: os.environ.get(name, "") for name in _ADDRESSES}
        self._kafka = self._postgres = self._valkey = None
        if not self._given["ISTMO_KAFKA"]:
            self._kafka = LocalKafka(folder.root / "kafka", ports.port("kafka"), log_path=folder.logs / "kafka.log")
        if not self._given["ISTMO_POSTGRES_URL"]:
            self._postgres = LocalPostgres(
                folder.root / "postgres", ports.port("postgres"), log_path=folder.logs / "postgres.log"
            )
        if not self._given["ISTMO_REDIS_URL"]:
            self._valkey = LocalValkey(folder.root / "valkey", ports.port("redis"), log_path=folder.logs / "valkey.log")

    def local(self) -> Iterator[LocalPart]:
        """The parts that this stack starts, in the order in which it does."""
        for part in (self._postgres, self._valkey, self._kafka):
            if part is not None:
                yield part

    def settings(self) -> dict[str, str]:
        """The addresses as the services read them."""
        given = dict(self._given)
        if self._kafka is not None:
            given["ISTMO_KAFKA"] = self._kafka.bootstrap_servers
        if self._postgres is not None:
            given["ISTMO_POSTGRES_URL"] = self._postgres.url
        if self._valkey is not None:
            given["ISTMO_REDIS_URL"] = self._valkey.url
        return given

    def notices(self) -> Iterator[str]:
        """What an operator should know about where things are."""
        if self._postgres is not None and self._postgres.home.elsewhere:
            yield (
                "PostgreSQL does not run as root, and the user that it runs as cannot enter the data folder: "
                f"its tables are in {self._postgres.home.folder}, and belong to this data folder all the same."
            )
