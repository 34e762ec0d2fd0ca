"""Money: the fate of every living transaction, and how the counted ones split over country, line and goal."""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from istmo_registry.store.statement import Statement, columns

__all__ = [
    "EntryRow",
    "SplitRow",
    "delete_entries",
    "delete_splits",
    "insert_splits",
    "read_entries",
    "read_splits",
    "upsert_entries",
]

_NAMES = "unnest(%(activity)b::bigint[], %(transaction)b::text[]) AS n (activity, transaction)"


class EntryRow(NamedTuple):
    """A living transaction and its fate; `programme` is the root of its activity's, None where that is in none."""

    activity: int
    transaction: str
    programme: int | None
    type: str
    measure: str | None
    date: date
    value: str
    currency: str
    ref: str | None
    clear: bool
    fate: str
    reason: str | None
    replaced_by_activity: int | None
    replaced_by_transaction: str | None


class SplitRow(NamedTuple):
    """A part of a counted line, by country (or `regional`, `elsewhere`, `not-stated`), line of action and goal."""

    activity: int
    transaction: str
    country: str
    line: str
    goal: str
    amount: Decimal


def read_entries(activities: Collection[int]) -> Statement:
    """The entries of these activities, as `EntryRow`."""
    return Statement(
        "entries: read",
        f"SELECT {', '.join(EntryRow._fields)} FROM entries WHERE activity = ANY(%(activities)b::bigint[])",
        {"activities": list(activities)},
    )


def read_splits(activities: Collection[int]) -> Statement:
    """The splits of these activities' lines, as `SplitRow`."""
    return Statement(
        "splits: read",
        f"SELECT {', '.join(SplitRow._fields)} FROM entry_splits WHERE activity = ANY(%(activities)b::bigint[])",
        {"activities": list(activities)},
    )


def upsert_entries(rows: Iterable[EntryRow]) -> Statement:
    """Write entries that changed."""
    changing = ", ".join(f"{name} = excluded.{name}" for name in EntryRow._fields[2:])
    return Statement(
        "entries: write",
        f"""INSERT INTO entries ({", ".join(EntryRow._fields)})
            SELECT * FROM unnest(%(activity)b::bigint[], %(transaction)b::text[], %(programme)b::bigint[],
                %(type)b::text[], %(measure)b::text[], %(date)b::date[], %(value)b::text[], %(currency)b::text[],
                %(ref)b::text[], %(clear)b::boolean[], %(fate)b::text[], %(reason)b::text[],
                %(replaced_by_activity)b::bigint[], %(replaced_by_transaction)b::text[])
            ON CONFLICT (activity, transaction) DO UPDATE SET {changing}""",
        columns(EntryRow._fields, rows),
    )


def delete_entries(gone: Iterable[tuple[int, str]]) -> Statement:
    """Take away the entries of transactions that live no more: (activity, transaction)."""
    return Statement(
        "entries: delete",
        f"DELETE FROM entries e USING {_NAMES} WHERE e.activity = n.activity AND e.transaction = n.transaction",
        columns(("activity", "transaction"), gone),
    )


def delete_splits(gone: Iterable[tuple[int, str]]) -> Statement:
    """Take away the splits of these lines: (activity, transaction)."""
    return Statement(
        "splits: delete",
        f"DELETE FROM entry_splits s USING {_NAMES} WHERE s.activity = n.activity AND s.transaction = n.transaction",
        columns(("activity", "transaction"), gone),
    )


def insert_splits(rows: Iterable[SplitRow]) -> Statement:
    """Put down the splits of lines that have none."""
    return Statement(
        "splits: insert",
        f"""INSERT INTO entry_splits ({", ".join(SplitRow._fields)})
            SELECT * FROM unnest(%(activity)b::bigint[], %(transaction)b::text[], %(country)b::text[],
                %(line)b::text[], %(goal)b::text[], %(amount)b::numeric[])""",
        columns(SplitRow._fields, rows),
    )
