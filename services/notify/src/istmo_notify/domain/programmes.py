"""Programmes as one reader sees them, and what of them changed for that reader."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from istmo_common.canonical import canonical_report, kafka_key
from istmo_common.catalogue import Language
from istmo_common.codelists import GOALS, LINES
from istmo_common.disclosure import Marked, Reader, disclosed
from istmo_common.events.outcomes import ActivityName, ProgrammeOutcome
from istmo_notify.domain.filters import Facets
from istmo_notify.domain.views import Change, Told
from istmo_notify.domain.wording import countries, in_language, named

__all__ = ["Outcome", "Picture", "activity_key", "changes", "farewell", "outcomes_of", "picture"]


def activity_key(name: ActivityName) -> str:
    """The one spelling of an activity's name in keys."""
    return kafka_key(name.reporter, name.activity).decode()


@lru_cache(maxsize=4096)
def farewell(id: str) -> bytes:
    """What is told of a programme that a reader does not see any more."""
    return canonical_report({"id": id})


class Outcome:
    """A programme as one set of readers sees it; worded once for each language, however many lists it goes into."""

    def __init__(self, statement: ProgrammeOutcome) -> None:
        self.id = statement.id
        self.statement = statement
        self._told: dict[Language, Told] = {}

    def told(self, language: Language) -> Told:
        """The programme in the words of `language`."""
        if language not in self._told:
            self._told[language] = _worded(self.statement, language)
        return self._told[language]

    @property
    def rank(self) -> tuple[int, bytes]:
        """Where a reader may see several of one programme, the one with most members is that reader's."""
        return len(self.statement.members), canonical_report(self.statement.model_dump(mode="json"))


Picture = Mapping[str, Outcome]
"""By id, the programmes that one reader sees."""


def outcomes_of(statements: Iterable[ProgrammeOutcome]) -> tuple[Marked[Outcome], ...]:
    """The outcomes that an event carries, each behind the label that says whose it is."""
    return tuple(Marked(Outcome(statement), statement.label.label()) for statement in statements)


def picture(programmes: Iterable[Iterable[Marked[Outcome]]], reader: Reader) -> Picture:
    """What `reader` sees of some programmes, each given by all of its outcomes.

    An id may for a moment be told under two topic keys, while what moved from one to the other is on its way; the
    greater of the two stands then, whichever came first.
    """
    seen: dict[str, Outcome] = {}
    for outcomes in programmes:
        chosen = _greatest(disclosed(outcomes, reader))
        if chosen is not None:
            other = seen.get(chosen.id)
            seen[chosen.id] = chosen if other is None or chosen.rank > other.rank else other
    return seen


def changes(before: Picture, after: Picture, language: Language) -> Iterator[Change]:
    """What is another in one picture than in the other, in the order of the ids."""
    for handle in sorted(before.keys() | after.keys()):
        was, now = before.get(handle), after.get(handle)
        if was is not now:
            told_before = None if was is None else was.told(language)
            told_after = None if now is None else now.told(language)
            yield Change("programme", handle, told_before, told_after, farewell(handle))


def _greatest(outcomes: Iterator[Outcome]) -> Outcome | None:
    first = next(outcomes, None)
    if first is None:
        return None
    second = next(outcomes, None)
    return first if second is None else max((first, second, *outcomes), key=lambda outcome: outcome.rank)


def _worded(statement: ProgrammeOutcome, language: Language) -> Told:
    data: dict[str, Any] = {
        "id": statement.id,
        "title": in_language(statement.title, language),
        "members": [
            {"reporter": m.reporter, "activity": m.activity, "title": in_language(m.title, language)}
            for m in statement.members
        ],
        "organisations": list(statement.organisations),
        "countries": countries(statement.countries, language),
        "lines": named(LINES, statement.lines, language),
        "goals": named(GOALS, statement.goals, language),
        "totals": [total.model_dump(mode="json") for total in statement.totals],
    }
    facets = Facets(
        frozenset(statement.countries),
        frozenset(statement.goals),
        frozenset(statement.organisations) | {member.reporter for member in statement.members},
    )
    return Told(canonical_report(data), facets, frozenset(activity_key(member) for member in statement.members))
