"""Every order in which two stages can meet comes to what the oracle says.

Orders that are one are played once (docs/decisions/0027-orders-that-commute-are-one.md). `make interleavings` plays all
that are not.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import pytest
from istmo_interleavings.arena import Arena, Played, Prepared
from istmo_interleavings.mutations import MUTATIONS
from istmo_interleavings.players import Step
from istmo_interleavings.scenarios import SCENARIOS, Scenario, read_order, spell_order
from istmo_interleavings.worlds import MEETING_WORLDS

from istmo_oracle.worlds import World
from istmo_registry.store.statement import Statement

T = TypeVar("T")

pytestmark = pytest.mark.stack

PICKED = 10
"""So many orders of each scenario, of tens to hundreds, are played unless ISTMO_INTERLEAVINGS asks for more."""

ENOUGH = 80
"""So many are played of each world at least. A scenario may have fewer than PICKED."""

ORDER = read_order(os.environ["ISTMO_INTERLEAVINGS_ORDER"]) if "ISTMO_INTERLEAVINGS_ORDER" in os.environ else None
"""The one order that is to be played, as a failure names it."""


SHARDED = "ISTMO_INTERLEAVINGS_SHARD" in os.environ


def _played(arena: Arena, scenario: Scenario, prepared: Prepared) -> Iterator[Played]:
    if ORDER is None:
        asked = os.environ.get("ISTMO_INTERLEAVINGS", str(PICKED))
        yield from islice(arena.orders(prepared), None if asked == "all" else int(asked))
    else:
        yield Played(ORDER[1], arena.play(prepared, ORDER[1]), ())


def _share(work: Sequence[T], turn: int = 0) -> Sequence[T]:
    """The part of the work that is this process's: ISTMO_INTERLEAVINGS_SHARD=0/2 is the first half, 1/2 the other."""
    shard, _, shards = os.environ.get("ISTMO_INTERLEAVINGS_SHARD", "0/1").partition("/")
    assert 0 <= int(shard) < int(shards), "ISTMO_INTERLEAVINGS_SHARD is the number of a share, from 0, and of how many"
    return work[(int(shard) + turn) % int(shards) :: int(shards)]


def _share_of(world: World) -> Sequence[Scenario]:
    """Of each world a share, in turn: the same meetings are long in every one. Of one order its own scenario."""
    if ORDER is not None:
        return [scenario for scenario in SCENARIOS if scenario.world is world and scenario.name == ORDER[0]]
    return _share([scenario for scenario in SCENARIOS if scenario.world is world], MEETING_WORLDS.index(world))


def test_an_order_is_played_again_by_its_name() -> None:
    """Whoever sees an order fail can have just that one played."""
    schedule = (("one", 3), ("other", None), ("one", None))
    scenario = SCENARIOS[0]
    assert f"{scenario.name} | one 3, other, one" == spell_order(scenario, schedule)
    assert (scenario.name, schedule) == read_order(spell_order(scenario, schedule))
    assert ORDER is None or ORDER[0] in {known.name for known in SCENARIOS}, "no scenario has this name"


def test_enough_orders_are_played() -> None:
    """A developer who runs the tests has seen at least two thousand orders, no two of them one."""
    assert len(MEETING_WORLDS) * ENOUGH >= 2000


@pytest.mark.parametrize("world", MEETING_WORLDS, ids=[world.name for world in MEETING_WORLDS])
def test_any_order_comes_to_what_the_oracle_says(arena: Arena, tallies: dict[str, Counter[str]], world: World) -> None:
    """Reports give one and the same state, however workers get in each other's way."""
    deviating, tally = {}, tallies[world.name]
    for scenario in _share_of(world):
        prepared = arena.prepare(scenario)
        tally["orders"] += len(prepared.shuffled)
        for played in _played(arena, scenario, prepared):
            tally["played"] += 1
            tally["equal"] += len(played.equal)
            if played.outcome.deviations:
                deviating[spell_order(scenario, played.schedule)] = played.outcome.deviations
    assert {} == deviating
    assert ORDER is not None or SHARDED or tally["played"] >= ENOUGH


@pytest.mark.parametrize("scenario", _share(SCENARIOS[::5]), ids=lambda scenario: scenario.name)
def test_orders_that_are_one_go_alike(arena: Arena, scenario: Scenario) -> None:
    """What is not played would have asked and written the same, and ended, to the byte, where its order ended."""
    prepared = arena.prepare(scenario)
    played = next(order for order in arena.orders(prepared) if order.equal)
    for schedule in random.Random(scenario.name).sample(played.equal, min(3, len(played.equal))):
        another, order = arena.play(prepared, schedule), spell_order(scenario, schedule)
        foreseen = played.outcome.trace.reordered(schedule)
        assert _told(foreseen) == _told(another.trace.history), order
        assert played.outcome.end == another.end, order


def _told(steps: Sequence[Step]) -> list[Any]:
    return [(step.player, step.part, _bare(step.yielded)) for step in steps]


def _bare(value: Any) -> Any:
    """What a step asks or writes, but for moments, and for the order of rows, which no reading promises."""
    match value:
        case datetime():
            return None
        case Mapping():
            return {name: _bare(each) for name, each in value.items()}
        case list() | tuple():
            return sorted((_bare(each) for each in value), key=repr)
        case Statement(name, sql, params):
            return name, sql, _bare(params)
        case _:
            return value


@pytest.mark.parametrize("name", _share([*MUTATIONS]))
def test_no_step_can_be_taken_away_unnoticed(arena: Arena, name: str) -> None:
    """Whoever takes a lock or a second reading away, thinking it superfluous, sees these tests fail."""
    mutation = MUTATIONS[name]
    assert any(
        played.outcome.deviations
        for scenario in SCENARIOS
        if scenario.name.startswith(mutation.meeting)
        for played in arena.orders(arena.prepare(scenario), mutation.apply)
    )
