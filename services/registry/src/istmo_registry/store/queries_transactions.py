"""Reading living transactions with their fates, each with its label."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from istmo_common.disclosure import Marked, Reader
from istmo_common.events.transactions import Transaction
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.shown_ids import shown_ids
from istmo_registry.domain.transactions import states_clear
from istmo_registry.store.snapshot import Database
from istmo_registry.store.visibility import admits, label_of, reader_params

__all__ = ["EntryView", "Replacement", "TransactionFilter", "entries_from", "shown_names"]


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Which transactions: of one activity or programme (by handle) or reporter, of a type, a fate, a span of days."""

    activity: str | None = None
    programme: str | None = None
    reporter: str | None = None
    type: str | None = None
    fate: str | None = None
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """The line that counts in another's stead; `number` is its activity's key within the tables."""

    number: int
    activity: str
    name: ActivityId
    id: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """A living transaction with its content and its fate (None until it was resolved).

    `number` is its activity's key within the tables, `activity` that activity's handle.
    """

    number: int
    activity: str
    name: ActivityId
    id: str
    date: date
    content: dict[str, Any]
    fate: str | None
    reason: str | None
    replaced_by: Marked[Replacement] | None


_WANTED = """(%(activity)s::text IS NULL OR a.handle = %(activity)s)
    AND (%(reporter)s::text IS NULL OR a.reporter = %(reporter)s)
    AND (%(type)s::text IS NULL OR t.type = %(type)s)
    AND (%(fate)s::text IS NULL OR e.fate = %(fate)s)
    AND (%(first_day)s::date IS NULL OR t.date >= %(first_day)s)
    AND (%(last_day)s::date IS NULL OR t.date <= %(last_day)s)
    AND (%(programme)s::text IS NULL
         OR m.root = (SELECT n.root FROM members n JOIN activities h ON h.id = n.activity
                      WHERE h.handle = %(programme)s AND {admits_handle}))"""


async def entries_from(
    database: Database, reader: Reader, wanted: TransactionFilter, *, first: ActivityId | None, limit: int
) -> list[Marked[EntryView]]:
    """Living transactions by activity, beginning with all of `first`, and at least `limit` of others if there are.

    Only whole activities, because the identities that a reader is shown depend on all of an activity's list.
    """
    entries: list[Marked[EntryView]] = []
    last: ActivityId | None = None
    enough = limit
    async with database.cursor("entries") as cursor:
        await cursor.execute(
            f"""SELECT a.id, a.handle, a.reporter, a.activity, t.transaction, t.date, t.data,
                   t.clear AND a.clear, e.fate, e.reason, r.id, r.handle, r.reporter, r.activity,
                   e.replaced_by_transaction, r.clear AND e.clear
               FROM transactions t
               JOIN activities a ON a.id = t.activity
               LEFT JOIN members m ON m.activity = a.id
               LEFT JOIN entries e ON e.activity = t.activity AND e.transaction = t.transaction
               LEFT JOIN activities r ON r.id = e.replaced_by_activity
               WHERE {admits("t.clear AND a.clear", "a.reporter")}
                 AND (%(first_reporter)s::text IS NULL
                      OR (a.reporter, a.activity) >= (%(first_reporter)s, %(first_activity)s))
                 AND {_WANTED.format(admits_handle=admits("h.clear", "h.reporter"))}
               ORDER BY a.reporter, a.activity""",
            _params(reader, wanted, first),
        )
        async for row in cursor:
            name = ActivityId(row[2], row[3])
            if name != last and enough <= 0:
                break
            entries.append(_entry(row))
            enough -= name != first
            last = name
    return entries


def _params(reader: Reader, wanted: TransactionFilter, first: ActivityId | None) -> dict[str, Any]:
    return {
        "activity": wanted.activity,
        "programme": wanted.programme,
        "reporter": wanted.reporter,
        "type": wanted.type,
        "fate": wanted.fate,
        "first_day": wanted.first_day,
        "last_day": wanted.last_day,
        "first_reporter": first and first.reporter,
        "first_activity": first and first.activity,
        **reader_params(reader),
    }


def _entry(row: tuple[Any, ...]) -> Marked[EntryView]:
    number, handle, reporter, activity, identity, day, data, clear, fate, reason, *replaced = row
    entry = EntryView(
        number=number,
        activity=handle,
        name=ActivityId(reporter, activity),
        id=identity,
        date=day,
        content=json.loads(data),
        fate=fate,
        reason=reason,
        replaced_by=_replacement(*replaced),
    )
    return Marked(entry, label_of(clear, reporter))


def _replacement(
    number: int | None,
    handle: str,
    reporter: str,
    activity: str,
    identity: str,
    clear: bool | None,
) -> Marked[Replacement] | None:
    if number is None:
        return None
    return Marked(Replacement(number, handle, ActivityId(reporter, activity), identity), label_of(clear, reporter))


async def shown_names(database: Database, activities: Collection[int]) -> Mapping[int, Mapping[str, str]]:
    """By activity: the identities of its listed transactions as those are shown them who see what is CLEAR alone.

    Only activities whose list has transactions of both sorts are in it; everywhere else identities are shown as they
    are.
    """
    cursor = await database.execute(
        """SELECT a.id, g.data FROM activities a JOIN copies g ON g.id = a.governing_copy
           WHERE a.id = ANY(%(activities)s::bigint[]) AND a.clear AND g.clear
             AND jsonb_path_exists(g.data::jsonb, '$.transactions[*].marking ? (@.tlp != "CLEAR")')""",
        {"activities": list(activities)},
    )
    return {number: _clear_names(json.loads(data)["transactions"]) async for number, data in cursor}


def _clear_names(listed: list[dict[str, Any]]) -> Mapping[str, str]:
    transactions = [Transaction.model_validate(stated, extra="allow") for stated in listed]
    return shown_ids(transactions, [states_clear(transaction) for transaction in transactions])
