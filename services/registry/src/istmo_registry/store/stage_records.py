"""What the stages did for each trace: written in the transaction that does it, read by operators alone."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final, NamedTuple

from istmo_registry.store.statement import Statement, columns

__all__ = ["Arrived", "StageRecord", "insert_arrivals", "insert_stage_records", "settle_claim"]


_INSERT: Final = """INSERT INTO stage_records (stage, trace, activity, since, outcome, onto, began, ended)
    SELECT %(stage)s, trace, activity, since, outcome, onto::uuid[], now(), clock_timestamp()
    FROM unnest(%(trace)b::text[]::uuid[], %(activity)b::bigint[], %(since)b::timestamptz[],
        %(outcome)b::text[], %(onto)b::text[]) AS n (trace, activity, since, outcome, onto)"""


class Arrived(NamedTuple):
    """A report that fold read: `trace` is 32 hexadecimal digits, `place` its topic, partition and offset."""

    partner: str
    source: str
    event: str
    trace: str
    activity: int | None
    place: str
    recorded: datetime
    outcome: str


class StageRecord(NamedTuple):
    """What a stage did with what waited from `since`. `onto`: traces with which it goes on, as an array literal."""

    trace: str
    activity: int
    since: datetime
    outcome: str
    onto: str


def insert_arrivals(arrived: Iterable[Arrived]) -> Statement:
    """Keep what arrived; it began with the transaction, and ends now."""
    return Statement(
        "arrivals: insert",
        f"""INSERT INTO arrivals ({", ".join(Arrived._fields)}, began, ended)
            SELECT n.*, now(), clock_timestamp() FROM unnest(%(partner)b::text[], %(source)b::text[], %(event)b::text[],
                %(trace)b::text[]::uuid[], %(activity)b::bigint[], %(place)b::text[], %(recorded)b::timestamptz[],
                %(outcome)b::text[]) AS n""",
        columns(Arrived._fields, arrived),
    )


def insert_stage_records(stage: str, records: Iterable[StageRecord]) -> Statement:
    """Keep what `stage` did; it began with the transaction, and ends now."""
    return Statement("stage records: insert", _INSERT, {"stage": stage, **columns(StageRecord._fields, records)})


def settle_claim(stage: str, activities: Collection[int], records: Iterable[StageRecord]) -> Statement:
    """Keep what `stage` did, and forget of these activities that it could not do it."""
    return Statement(
        "claim: settle",
        f"""WITH done AS (DELETE FROM parked WHERE stage = %(stage)s AND activity = ANY(%(activities)b::bigint[]))
            {_INSERT}""",
        {"stage": stage, "activities": list(activities), **columns(StageRecord._fields, records)},
    )
