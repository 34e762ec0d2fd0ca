"""Membership, and what was last published of each programme. Rows are never deleted: they keep the versions."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

from istmo_registry.store.statement import Statement, columns

__all__ = [
    "MemberRow",
    "ProgrammeRow",
    "read_companions",
    "read_members",
    "read_programmes",
    "upsert_members",
    "upsert_programmes",
]


class MemberRow(NamedTuple):
    """`root` is the programme's smallest activity, `own` its smallest of the same reporter; None: in no programme.

    `piece`: where it hangs together with more than one programme may hold, the smallest of all those. They were then
    joined by pairs from `merge_line` on alone; None: by people's word alone.
    """

    activity: int
    root: int | None = None
    own: int | None = None
    piece: int | None = None
    merge_line: Decimal | None = None


class ProgrammeRow(NamedTuple):
    """What was last published of the programme of this root; `outcome` None: a tombstone."""

    root: int
    version: int
    clear: bool
    outcome: str | None


def read_members(activities: Collection[int]) -> Statement:
    """The membership of these activities, and what was published under them as roots.

    (activity, root, own, piece, merge_line, version, clear, outcome); `version` is None where nothing was.
    """
    return Statement(
        "members: read",
        """SELECT activity, m.root, m.own, m.piece, m.merge_line, p.version, p.clear, p.outcome
           FROM unnest(%(activities)b::bigint[]) AS n (activity)
           LEFT JOIN members m USING (activity) LEFT JOIN programmes p ON p.root = activity""",
        {"activities": list(activities)},
    )


def read_companions(activities: Collection[int]) -> Statement:
    """For these activities, where they are in a programme: (activity, root, one of the same reporter there)."""
    return Statement(
        "members: read companions",
        """SELECT mine.activity, mine.root, other.activity FROM members mine
           JOIN members other ON other.root = mine.root AND other.own = mine.own
           WHERE mine.activity = ANY(%(activities)b::bigint[])""",
        {"activities": list(activities)},
    )


def upsert_members(rows: Iterable[MemberRow]) -> Statement:
    """Write membership that changed."""
    return Statement(
        "members: write",
        """INSERT INTO members (activity, root, own, piece, merge_line)
           SELECT * FROM unnest(%(activity)b::bigint[], %(root)b::bigint[], %(own)b::bigint[], %(piece)b::bigint[],
               %(merge_line)b::numeric[])
           ON CONFLICT (activity) DO UPDATE SET root = excluded.root, own = excluded.own, piece = excluded.piece,
               merge_line = excluded.merge_line""",
        columns(MemberRow._fields, rows),
    )


def read_programmes(roots: Collection[int]) -> Statement:
    """What was published under these activities as roots, as `ProgrammeRow`."""
    return Statement(
        "programmes: read",
        "SELECT root, version, clear, outcome FROM programmes WHERE root = ANY(%(roots)b::bigint[])",
        {"roots": list(roots)},
    )


def upsert_programmes(rows: Iterable[ProgrammeRow]) -> Statement:
    """Write what is published now."""
    return Statement(
        "programmes: write",
        """INSERT INTO programmes (root, version, clear, outcome)
           SELECT * FROM unnest(%(root)b::bigint[], %(version)b::bigint[], %(clear)b::boolean[], %(outcome)b::text[])
           ON CONFLICT (root) DO UPDATE SET version = excluded.version, clear = excluded.clear,
               outcome = excluded.outcome""",
        columns(ProgrammeRow._fields, rows),
    )
