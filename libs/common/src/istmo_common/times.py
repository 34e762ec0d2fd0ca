"""Points in time as events carry them: RFC 3339 text, read as UTC, to the microsecond."""

import re
from datetime import UTC, datetime

__all__ = ["format_time", "parse_time", "states_zone"]

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)?")


def parse_time(text: str) -> datetime:
    """The point in time that `text` states; one without a zone is UTC; digits past the microsecond are cut.

    Raises ValueError for anything that is not an RFC 3339 date and time, or lies outside the years 1900 to 2199.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("a time is written like 2026-03-31T18:00:00Z")
    day, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in (None, "Z", "z") else zone
    stated = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '')[:6]:0<6}{zone}")
    if not 1900 <= stated.year <= 2199:
        raise ValueError("a time lies between the years 1900 and 2199")
    return stated.astimezone(UTC)


def states_zone(text: str) -> bool:
    """Whether a time written as `parse_time` reads it says its zone."""
    match = _TIME.fullmatch(text)
    return match is not None and match.group(4) is not None


def format_time(moment: datetime) -> str:
    """`moment` (aware) in UTC with microseconds, so that the order of texts is the order of times."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
