"""The living transactions of every activity."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from istmo_registry.store.statement import Statement, columns

__all__ = ["TransactionRow", "delete_transactions", "insert_transactions", "read_sources", "read_transactions"]


class TransactionRow(NamedTuple):
    """A living transaction; `value` is the amount as reported, `data` the transaction as canonical JSON."""

    activity: int
    transaction: str
    copy: int
    type: str
    date: date
    value: str
    currency: str
    ref: str | None
    clear: bool
    digest: str
    data: str


def read_sources(activities: Collection[int]) -> Statement:
    """Which report gives each living transaction its content: (activity, transaction, copy)."""
    return Statement(
        "transactions: read sources",
        "SELECT activity, transaction, copy FROM transactions WHERE activity = ANY(%(activities)b::bigint[])",
        {"activities": list(activities)},
    )


def read_transactions(activities: Collection[int]) -> Statement:
    """The living transactions of these activities, as `TransactionRow`."""
    return Statement(
        "transactions: read",
        f"""SELECT {", ".join(TransactionRow._fields)} FROM transactions
            WHERE activity = ANY(%(activities)b::bigint[])""",
        {"activities": list(activities)},
    )


def delete_transactions(gone: Iterable[tuple[int, str]]) -> Statement:
    """Take away (activity, transaction)."""
    return Statement(
        "transactions: delete",
        """DELETE FROM transactions t USING unnest(%(activity)b::bigint[], %(transaction)b::text[])
               AS n (activity, transaction)
           WHERE t.activity = n.activity AND t.transaction = n.transaction""",
        columns(("activity", "transaction"), gone),
    )


def insert_transactions(rows: Iterable[TransactionRow]) -> Statement:
    """Put down living transactions, each in place of what stood there."""
    return Statement(
        "transactions: insert",
        f"""INSERT INTO transactions ({", ".join(TransactionRow._fields)})
            SELECT * FROM unnest(%(activity)b::bigint[], %(transaction)b::text[], %(copy)b::bigint[], %(type)b::text[],
                %(date)b::date[], %(value)b::text[], %(currency)b::text[], %(ref)b::text[], %(clear)b::boolean[],
                %(digest)b::text[], %(data)b::text[])
            ON CONFLICT (activity, transaction) DO UPDATE SET copy = excluded.copy, type = excluded.type,
                date = excluded.date, value = excluded.value, currency = excluded.currency, ref = excluded.ref,
                clear = excluded.clear, digest = excluded.digest, data = excluded.data""",
        columns(TransactionRow._fields, rows),
    )
