"""What happened in a run, entry by entry, as clients and receivers saw it; kept as NDJSON."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from itertools import chain, count
from pathlib import Path
from typing import Any, Final, Literal, Self

__all__ = [
    "Answered",
    "DeadLetter",
    "Differed",
    "Entry",
    "Failed",
    "Fate",
    "Held",
    "History",
    "Logged",
    "Poisoned",
    "Resumed",
    "Run",
    "Sent",
    "Stood",
    "Subscribed",
    "Told",
    "read_history",
]

Fate = Literal["accepted", "duplicate", "refused", "unknown"]
"""What a client was told of a report; `unknown` also where no answer came."""


@dataclass(frozen=True)
class Run:
    """Begins a history: which fault, and the seed from which everything that was sent is made."""

    fault: str
    seed: int


@dataclass(frozen=True)
class Sent:
    """A report on its way to ingest. `mark` is a word of its title, or in its id, that no other report has.

    `alone`: it is the only report of its activity, and no other activity resembles it.
    """

    mark: str
    id: str
    activity: str
    alone: bool


@dataclass(frozen=True)
class Answered:
    """What came back for a report: the HTTP status (None: no answer), what it means, and after how many seconds."""

    mark: str
    status: int | None
    fate: Fate
    seconds: float


@dataclass(frozen=True)
class Subscribed:
    """A subscriber follows a list behind the number `after`. A webhook is reached at `path`."""

    subscriber: str
    channel: Literal["webhook", "sse"]
    after: int
    path: str = ""


@dataclass(frozen=True)
class Told:
    """An item as it reached a subscriber. A webhook's was answered with `status` (None: never), at `at` seconds.

    `withheld`: it came as its number alone, because what it says may not be read any more.
    """

    subscriber: str
    number: int
    digest: str
    marks: tuple[str, ...]
    message: str = ""
    status: int | None = 200
    retry_after: float | None = None
    path: str = ""
    at: float = 0.0
    withheld: bool = False


@dataclass(frozen=True)
class Resumed:
    """A subscriber asked that its paused webhook goes on."""

    subscriber: str


@dataclass(frozen=True)
class Stood:
    """At rest: the number of the last item of a subscriber's list."""

    subscriber: str
    last: int


@dataclass(frozen=True)
class Logged:
    """At rest: how many records of the log carry a report."""

    mark: str
    copies: int


@dataclass(frozen=True)
class Held:
    """At rest: in how many programmes of the export an activity is."""

    activity: str
    programmes: int


@dataclass(frozen=True)
class Differed:
    """At rest: a line that only the export (`+`) or only the oracle (`-`) has."""

    line: str


@dataclass(frozen=True)
class Poisoned:
    """A record that nobody can read was written to the log."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True)
class DeadLetter:
    """At rest: a record that was put aside."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True)
class Failed:
    """Something did not come about, or not in time."""

    what: str


Entry = (
    Run
    | Sent
    | Answered
    | Subscribed
    | Told
    | Resumed
    | Stood
    | Logged
    | Held
    | Differed
    | Poisoned
    | DeadLetter
    | Failed
)

_KINDS: Final[dict[str, type[Any]]] = {
    kind.__name__.lower(): kind
    for kind in (
        Run,
        Sent,
        Answered,
        Subscribed,
        Told,
        Resumed,
        Stood,
        Logged,
        Held,
        Differed,
        Poisoned,
        DeadLetter,
        Failed,
    )
}


class History:
    """Entries in their order, each in the file as soon as it is noted. Close it.

    Raises FileExistsError where the file is there already: a kept history is not written over.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.entries: list[Entry] = []
        self._file = path.open("x", buffering=1)

    @classmethod
    def in_folder(cls, folder: Path, name: str) -> Self:
        """A history in `<name>.ndjson`, or, where histories of that name are kept, in the next `<name>-2.ndjson`, …"""
        names = chain([name], (f"{name}-{number}" for number in count(2)))
        return cls(next(path for each in names if not (path := folder / f"{each}.ndjson").exists()))

    def note(self, *entries: Entry) -> None:
        """Add entries."""
        for entry in entries:
            self.entries.append(entry)
            kind = type(entry).__name__.lower()
            self._file.write(json.dumps({"entry": kind, **asdict(entry)}, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """No more is noted."""
        self._file.close()


def read_history(lines: Iterable[str]) -> Iterator[Entry]:
    """The entries of a kept history. Raises ValueError or KeyError for what is none."""
    for line in lines:
        stated = json.loads(line)
        kind = _KINDS[stated.pop("entry")]
        known = {field.name for field in fields(kind)}
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in stated.items()}
        yield kind(**{name: value for name, value in values.items() if name in known})
