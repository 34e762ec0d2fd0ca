"""Reading pairs with what speaks for and against them, each with the label of both its ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from istmo_common.disclosure import Marked, Reader
from istmo_registry.domain.explaining import Explanation, explain
from istmo_registry.domain.ids import ActivityId
from istmo_registry.store.pairs import TOLD_VERDICT
from istmo_registry.store.snapshot import Database
from istmo_registry.store.visibility import admits, label_of, reader_params

__all__ = ["End", "PairView", "pairs_after"]


@dataclass(frozen=True, slots=True)
class End:
    """One activity of a pair."""

    id: str
    name: ActivityId
    title: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair, `a` before `b` by name. `evidence` is in words, what weighs most first."""

    a: End
    b: End
    verdict: str
    kind: str | None
    score: str
    evidence: Sequence[Explanation]


async def pairs_after(
    database: Database,
    reader: Reader,
    *,
    verdict: str | None,
    after: tuple[ActivityId, ActivityId] | None,
    limit: int,
) -> list[Marked[PairView]]:
    """At most `limit` pairs after `after`, by the names of both ends; of a steward's reader all, else one's own.

    What an activity is compared with is told to its reporter and to the desk, and to nobody else.
    """
    first, second = after if after is not None else (None, None)
    cursor = await database.execute(
        f"""SELECT a.handle, a.reporter, a.activity, a.report::jsonb -> 'title', a.clear,
               b.handle, b.reporter, b.activity, b.report::jsonb -> 'title', b.clear,
               {TOLD_VERDICT}, p.kind, p.score, p.evidence
            FROM pairs p
            JOIN activities a ON a.id IN (p.a, p.b)
            JOIN activities b ON b.id IN (p.a, p.b) AND (a.reporter, a.activity) < (b.reporter, b.activity)
            WHERE {admits("a.clear", "a.reporter")} AND {admits("b.clear", "b.reporter")}
              AND (%(steward)s OR {admits("false", "a.reporter")} OR {admits("false", "b.reporter")})
              AND (%(verdict)s::text IS NULL OR {TOLD_VERDICT} = %(verdict)s)
              AND (%(first_reporter)s::text IS NULL OR (a.reporter, a.activity, b.reporter, b.activity)
                   > (%(first_reporter)s, %(first_activity)s, %(second_reporter)s, %(second_activity)s))
            ORDER BY a.reporter, a.activity, b.reporter, b.activity LIMIT %(limit)s""",
        {
            "steward": reader.steward,
            "verdict": verdict,
            "first_reporter": first and first.reporter,
            "first_activity": first and first.activity,
            "second_reporter": second and second.reporter,
            "second_activity": second and second.activity,
            "limit": limit,
            **reader_params(reader),
        },
    )
    return [_view(row) async for row in cursor]


def _view(row: tuple[Any, ...]) -> Marked[PairView]:
    a, b = row[:5], row[5:10]
    verdict, kind, score, evidence = row[10:]
    pair = PairView(_end(*a[:4]), _end(*b[:4]), verdict, kind, f"{score:.4f}", explain(evidence))
    return Marked(pair, label_of(a[4], a[1]).meet(label_of(b[4], b[1])))


def _end(handle: str, reporter: str, activity: str, title: list[dict[str, Any]] | None) -> End:
    return End(handle, ActivityId(reporter, activity), title or [])
