"""Situations in which two players meet: what is there before, and what each does."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from istmo_common.events.envelope import CloudEvent
from istmo_interleavings.driving import everything, folding, matching, relaying, resolving, rest
from istmo_interleavings.players import Program, Schedule
from istmo_interleavings.worlds import MEETING_WORLDS
from istmo_oracle.worlds import World

__all__ = ["SCENARIOS", "Scenario", "read_order", "schedules", "spell_order", "traced"]

Start = Callable[[], Program]


@dataclass(frozen=True)
class Scenario:
    """`before` runs alone; then `one` and `other` meet."""

    name: str
    world: World
    before: Start
    one: Start
    other: Start


def _steps(*programs: Program) -> Program:
    for program in programs:
        yield from program


def traced(number: int, event: CloudEvent) -> CloudEvent:
    """The event with a trace of its own, as every report has that comes by ingest."""
    return replace(event, traceparent=f"00-{number:032x}-{number:016x}-00")


def _scenarios(world: World) -> Iterator[Scenario]:
    """Every kind of meeting, over the last two events of the world; what came before is at rest."""
    *early, late, last = (traced(number, event) for number, event in enumerate(world.events, 1))
    p = world.parameters

    def at_rest() -> Program:
        return everything(early, p)

    def folded(*batches: Sequence[CloudEvent]) -> Start:
        return lambda: _steps(at_rest(), *(folding(batch, p) for batch in batches))

    def matched(*batches: Sequence[CloudEvent]) -> Start:
        return lambda: _steps(folded(*batches)(), matching(p))

    def fold(*events: CloudEvent) -> Start:
        return lambda: folding(events, p)

    def match(limit: int = 100) -> Start:
        return lambda: matching(p, limit)

    def resolve(limit: int = 100) -> Start:
        return lambda: resolving(limit, p)

    def relay(holder: str) -> Start:
        return lambda: relaying(holder)

    def all_of(event: CloudEvent) -> Start:
        return lambda: everything([event], p)

    meetings: dict[str, tuple[Start, Start, Start]] = {
        "fold and fold": (at_rest, fold(late), fold(last)),
        "fold and fold of the same": (at_rest, fold(late, last), fold(last, late)),
        "fold and match": (folded([late]), fold(last), match()),
        "match and match": (folded([late], [last]), match(1), match(1)),
        "fold and resolve": (matched([late]), fold(last), resolve()),
        "match and resolve": (lambda: _steps(matched([late])(), folding([last], p)), match(), resolve()),
        "resolve and resolve": (matched([late], [last]), resolve(1), resolve(1)),
        "relay and resolve": (matched([late], [last]), relay("one"), resolve()),
        "relay and relay": (lambda: _steps(folded([late, last])(), rest(p)), relay("one"), relay("other")),
        # One stage against all that a last event sets going.
        "fold and the rest": (at_rest, fold(late), all_of(last)),
        "match and the rest": (folded([late]), match(), all_of(last)),
        "resolve and the rest": (matched([late]), resolve(), all_of(last)),
    }
    for name, meeting in meetings.items():
        yield Scenario(f"{name}: {world.name}", world, *meeting)


SCENARIOS: Final = [scenario for world in MEETING_WORLDS for scenario in _scenarios(world)]


def schedules(one: int, other: int) -> dict[Schedule, set[Schedule]]:
    """All single and double preemptions of two programs of so many statements, each with those next to it.

    Next to one another are two that differ in where a turn ends, by one statement.
    """
    at: dict[tuple[str, int, int], Schedule] = {}
    for first, its, second, others in (("one", one, "other", other), ("other", other, "one", one)):
        for before in range(its):
            for between in range(1, others + 1):
                at[first, before, between] = _schedule(first, before, second, None if between == others else between)
    near: dict[Schedule, set[Schedule]] = {schedule: set() for schedule in at.values()}
    for (first, before, between), schedule in at.items():
        for place in ((first, before + 1, between), (first, before, between + 1)):
            if place in at:
                near[schedule].add(at[place])
                near[at[place]].add(schedule)
    return near


def _schedule(first: str, before: int, second: str, between: int | None) -> Schedule:
    """So many statements of `first`, so many of `second`, the rest of `first`, and of `second` what is left."""
    if between is None:
        return ((first, before), (second, None), (first, None))
    if before == 0:
        return ((second, between), (first, None), (second, None))
    return ((first, before), (second, between), (first, None), (second, None))


def spell_order(scenario: Scenario, schedule: Schedule) -> str:
    """The name of one order, by which it can be played again: `fold and fold: a world | one 3, other, one`."""
    return f"{scenario.name} | " + ", ".join(
        player if count is None else f"{player} {count}" for player, count in schedule
    )


def read_order(name: str) -> tuple[str, Schedule]:
    """The name of the scenario and the schedule that `spell_order` wrote."""
    scenario, _, order = name.rpartition(" | ")
    turns = (turn.partition(" ") for turn in order.split(", "))
    return scenario, tuple((player, int(count) if count else None) for player, _, count in turns)
