"""Reading which organisations reports name, how often and where, as far as the reader may see it."""

from dataclasses import dataclass
from typing import Any, Final

from istmo_common.disclosure import Label, Marked, Marking, Reader, Tlp
from istmo_registry.domain.resolving import Reference
from istmo_registry.store.snapshot import Database
from istmo_registry.store.visibility import admits, reader_params

__all__ = ["EXAMPLES", "NamedActivity", "ReferenceView", "references_seen"]

EXAMPLES: Final = 5
"""So many activities are named of each reference."""


@dataclass(frozen=True, slots=True)
class NamedActivity:
    """An activity in which something stands."""

    id: str
    reporter: str
    activity: str


@dataclass(frozen=True, slots=True)
class ReferenceView:
    """An organisation as reports name it: how often, in which roles, in how many activities, and the first of them.

    Roles are `reporting`, `provider`, `receiver`, and IATI's codes for organisations that take part.
    """

    reference: Reference
    times: int
    roles: tuple[str, ...]
    activities: int
    examples: tuple[NamedActivity, ...]


_CLEAR: Final = "s.clear AND (party ->> 3)::boolean"
_SEEN: Final = """
    WITH seen AS MATERIALIZED (
        SELECT a.id, a.handle, a.reporter, a.activity, a.clear, a.parties
        FROM activities a WHERE a.state = 'standing' AND {admits_activity}
    ), named AS (
        SELECT s.id, {clear} AS clear, party ->> 0 AS role, party ->> 1 AS identifier, party -> 2 AS names,
            (party ->> 4)::bigint AS times, party ->> 5 AS home
        FROM seen s CROSS JOIN LATERAL jsonb_array_elements(s.parties::jsonb) AS p (party)
        WHERE {admits_party}
    ), counted AS (
        SELECT identifier, names, home, sum(times)::bigint AS times, array_agg(DISTINCT role COLLATE "C") AS roles,
            array_agg(DISTINCT id) AS ids, array_agg(DISTINCT id) FILTER (WHERE clear IS NOT TRUE) AS restricted
        FROM named GROUP BY identifier, names, home
    )
    SELECT identifier, names, home, times, roles, cardinality(ids),
        (SELECT jsonb_agg(jsonb_build_array(e.handle, e.reporter, e.activity) ORDER BY e.reporter, e.activity)
         FROM (SELECT s.* FROM seen s WHERE s.id = ANY(ids) ORDER BY s.reporter, s.activity LIMIT %(shown)s) e),
        ARRAY(SELECT DISTINCT s.reporter FROM seen s WHERE s.id = ANY(restricted) ORDER BY 1)
    FROM counted"""


async def references_seen(database: Database, reader: Reader) -> list[Marked[ReferenceView]]:
    """What standing activities and their living transactions name, each distinct reference once, in no order.

    What the reader may not see counts nowhere. The label is that of all that was counted.
    """
    query = (
        _SEEN.replace("{admits_activity}", admits("a.clear", "a.reporter"))
        .replace("{admits_party}", admits(_CLEAR, "s.reporter"))
        .replace("{clear}", _CLEAR)
    )
    cursor = await database.execute(query, {"shown": EXAMPLES, **reader_params(reader)})
    return [_view(row) async for row in cursor]


def _view(row: tuple[Any, ...]) -> Marked[ReferenceView]:
    identifier, names, home, times, roles, activities, examples, restricted_by = row
    found = tuple(NamedActivity(*example) for example in examples)
    view = ReferenceView(Reference(identifier, tuple(names), home), times, tuple(roles), activities, found)
    return Marked(view, Label.of(*(Marking(Tlp.RED, reporter) for reporter in restricted_by)))
