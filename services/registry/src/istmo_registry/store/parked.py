"""What a stage could not do: kept with its error until it succeeds; the others go on, and nothing is lost."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from istmo_registry.store.statement import Statement, columns

__all__ = ["PARKED", "ParkedRow", "park", "read_parked_records", "unpark", "unpark_record"]


PARKED = "parked"
"""The channel that wakes *fold* when an operator has parked records tried again."""


class ParkedRow(NamedTuple):
    """`subject` is the activity's row id, or topic, partition and offset of a record. `error` never quotes a report."""

    stage: str
    subject: str
    activity: int | None
    mode: str | None
    error: str
    traceparent: str | None


def park(rows: Iterable[ParkedRow]) -> Statement:
    """Note what could not be done, in place of an older note about the same."""
    return Statement(
        "parked: write",
        f"""INSERT INTO parked ({", ".join(ParkedRow._fields)})
            SELECT * FROM unnest(%(stage)b::text[], %(subject)b::text[], %(activity)b::bigint[], %(mode)b::text[],
                %(error)b::text[], %(traceparent)b::text[])
            ON CONFLICT (stage, subject) DO UPDATE SET error = excluded.error, mode = excluded.mode,
                traceparent = excluded.traceparent, since = now()""",
        columns(ParkedRow._fields, rows),
    )


def unpark(stage: str, activities: Collection[int]) -> Statement:
    """Forget that these could not be done: now they were."""
    return Statement(
        "parked: forget",
        "DELETE FROM parked WHERE stage = %(stage)s AND activity = ANY(%(activities)b::bigint[])",
        {"stage": stage, "activities": list(activities)},
    )


def read_parked_records() -> Statement:
    """The records that fold set aside: (subject,)."""
    return Statement("parked: read records", "SELECT subject FROM parked WHERE stage = 'fold' ORDER BY since, subject")


def unpark_record(subject: str) -> Statement:
    """Forget that this record could not be folded: now it was."""
    return Statement(
        "parked: forget record",
        "DELETE FROM parked WHERE stage = 'fold' AND subject = %(subject)s",
        {"subject": subject},
    )
