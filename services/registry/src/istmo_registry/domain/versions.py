"""The order of versions: which report of an activity is current, and which states its transactions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal

from istmo_registry.domain.identity import Copy
from istmo_registry.domain.ids import EventKey

__all__ = [
    "ActivityState",
    "Kind",
    "Stamp",
    "Version",
    "current",
    "governing",
    "has_older_report",
    "newest_reported",
    "state_of",
]

Kind = Literal["reported", "withdrawn"]
ActivityState = Literal["unknown", "standing", "withdrawn"]


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """The place of a report in the order of versions; the greatest wins.

    The organisation's own outranks a custodian's; then (effective, recorded, event key, content hash). `effective` is
    the smaller of stated and recorded time, so that a clock that runs ahead wins nothing.
    """

    owner: bool
    effective: datetime
    recorded: datetime
    key: EventKey
    content_hash: str

    @classmethod
    def of(cls, copy: Copy, time: datetime | None) -> "Stamp":
        """The stamp of a standing copy whose event states `time` (aware), or no time at all."""
        effective = copy.recorded if time is None else min(time, copy.recorded)
        return cls(copy.standing == "owner", effective, copy.recorded, copy.key, copy.content_hash)


@dataclass(frozen=True, slots=True)
class Version:
    """The head of one report of an activity. A withdrawal states no list and marks nothing (`clear` is True)."""

    stamp: Stamp
    kind: Kind
    states_list: bool = False
    clear: bool = True


def current(versions: Iterable[Version]) -> Version | None:
    """The version that counts, a report or a withdrawal."""
    return max(versions, key=lambda version: version.stamp, default=None)


def newest_reported(versions: Iterable[Version]) -> Version | None:
    """The greatest report: it labels the activity also while that is withdrawn."""
    return current(version for version in versions if version.kind == "reported")


def governing(versions: Iterable[Version]) -> Version | None:
    """The greatest report that states a list of transactions; a withdrawal does not reset it."""
    return current(version for version in versions if version.kind == "reported" and version.states_list)


def state_of(version: Version | None) -> ActivityState:
    """What an activity is whose current version this is: `unknown` where nothing was ever said about it."""
    if version is None:
        return "unknown"
    return "standing" if version.kind == "reported" else "withdrawn"


def has_older_report(stamps: Iterable[Stamp]) -> bool:
    """Whether a report's own time is older than that of another recorded before it.

    Asked for the versions of an activity, and for the events of each single transaction.
    """
    newest: datetime | None = None
    ordered = sorted(stamps, key=lambda stamp: stamp.recorded)
    for _, together in groupby(ordered, key=lambda stamp: stamp.recorded):
        times = [stamp.effective for stamp in together]
        if newest is not None and min(times) < newest:
            return True
        newest = max(times) if newest is None else max(newest, *times)
    return False
