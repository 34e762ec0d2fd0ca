"""Reading programmes: what was published of each, for those who may see all that it is composed of."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from istmo_common.disclosure import Label, Marked, Reader
from istmo_common.events.outcomes import ProgrammeOutcome
from istmo_registry.domain.ids import ActivityId
from istmo_registry.store.snapshot import Database
from istmo_registry.store.visibility import admits, label_of, reader_params

__all__ = ["HandleView", "ProgrammeFilter", "ProgrammeView", "activity_behind", "programmes_after", "programmes_at"]


@dataclass(frozen=True, slots=True)
class ProgrammeFilter:
    """Which programmes: of a country, a line, a goal, an organisation; with all words of `words` in a title."""

    country: str | None = None
    line: str | None = None
    goal: str | None = None
    organisation: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class HandleView:
    """The activity that a handle was made for; `root` is the key of its programme, if it is in one."""

    id: str
    name: ActivityId
    state: str
    title: list[dict[str, Any]]
    root: int | None


@dataclass(frozen=True, slots=True)
class ProgrammeView:
    """A programme as published, with the handles of its members."""

    outcome: ProgrammeOutcome
    handles: dict[ActivityId, str]

    @property
    def position(self) -> ActivityId:
        """Where it stands in the order of pages."""
        first = self.outcome.members[0]
        return ActivityId(first.reporter, first.activity)


# A label that was published stands until the programme is resolved again; what fold knows of members governs at once.
_VIEWS: Final = """
    SELECT o.view, c.members
    FROM programmes p JOIN activities r ON r.id = p.root
    CROSS JOIN LATERAL (SELECT p.outcome::jsonb) AS o (view)
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_array(a.reporter, a.activity, a.handle, a.clear)) AS members,
            bool_and({member}) AS admitted
        FROM members m JOIN activities a ON a.id = m.activity WHERE m.root = p.root
    ) AS c
    WHERE p.outcome IS NOT NULL AND c.admitted AND NOT EXISTS (
        SELECT FROM jsonb_array_elements(o.view #> '{{label,markings}}') AS k (marking) WHERE NOT {marking}
    )""".format(member=admits("a.clear", "a.reporter"), marking=admits("false", "(k.marking ->> 'reporter')"))

_TITLES: Final = """translate(lower(jsonb_path_query_array(o.view, '$.members[*].title[*].text')::text),
    'ÁÀÂÄÃÉÈÊËÍÌÎÏÓÒÔÖÕÚÙÛÜÑÇáàâäãéèêëíìîïóòôöõúùûüñç', 'aaaaaeeeeiiiiooooouuuuncaaaaaeeeeiiiiooooouuuunc')"""
_PLAIN: Final = str.maketrans("áàâäãéèêëíìîïóòôöõúùûüñç", "aaaaaeeeeiiiiooooouuuunc")


async def activity_behind(database: Database, handle: str) -> Marked[HandleView] | None:
    """The activity of a handle; every handle ever made resolves for ever."""
    cursor = await database.execute(
        """SELECT a.handle, a.reporter, a.activity, a.state, a.report::jsonb -> 'title', m.root, a.clear
           FROM activities a LEFT JOIN members m ON m.activity = a.id WHERE a.handle = %(handle)s""",
        {"handle": handle},
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    id_, reporter, activity, state, title, root, clear = row
    return Marked(HandleView(id_, ActivityId(reporter, activity), state, title or [], root), label_of(clear, reporter))


async def programmes_at(database: Database, reader: Reader, root: int) -> list[Marked[ProgrammeView]]:
    """What was published of the programme of this root."""
    cursor = await database.execute(f"{_VIEWS} AND p.root = %(root)s", {"root": root, **reader_params(reader)})
    return [_view(*row) async for row in cursor]


async def programmes_after(
    database: Database, reader: Reader, wanted: ProgrammeFilter, *, after: ActivityId | None, limit: int
) -> list[Marked[ProgrammeView]]:
    """At most `limit` programmes in the order of their smallest members, those after `after`."""
    stated = {
        "countries": wanted.country,
        "lines": wanted.line,
        "goals": wanted.goal,
        "organisations": wanted.organisation,
    }
    cursor = await database.execute(
        f"""{_VIEWS}
            AND o.view @> %(contains)s::jsonb AND {_TITLES} LIKE ALL(%(words)s::text[])
            AND (%(after_reporter)s::text IS NULL
                 OR (r.reporter, r.activity) > (%(after_reporter)s, %(after_activity)s))
            ORDER BY r.reporter, r.activity LIMIT %(limit)s""",
        {
            "contains": json.dumps({name: [code] for name, code in stated.items() if code is not None}),
            "words": _patterns(wanted.words or ""),
            "after_reporter": after and after.reporter,
            "after_activity": after and after.activity,
            "limit": limit,
            **reader_params(reader),
        },
    )
    return [_view(*row) async for row in cursor]


def _patterns(words: str) -> list[str]:
    return [f"%{word}%" for word in re.findall(r"[^\W_]+", words.lower().translate(_PLAIN))]


def _view(view: dict[str, Any], members: Iterable[tuple[str, str, str, bool | None]]) -> Marked[ProgrammeView]:
    outcome = ProgrammeOutcome.model_validate(view, extra="ignore")
    label: Label = outcome.label.label()
    handles = {}
    for reporter, activity, handle, clear in members:
        handles[ActivityId(reporter, activity)] = handle
        label = label.meet(label_of(clear, reporter))
    return Marked(ProgrammeView(outcome, handles), label)
