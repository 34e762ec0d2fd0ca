"""Every order in which two stages can meet comes to what the oracle says. `make interleavings` plays all of them."""

import os
from collections import Counter
from collections.abc import Sequence

import pytest
from istmo_interleavings.arena import Arena, Prepared
from istmo_interleavings.mutations import MUTATIONS
from istmo_interleavings.players import Segment
from istmo_interleavings.scenarios import SCENARIOS, Scenario, read_order, spell_order
from istmo_interleavings.worlds import MEETING_WORLDS

pytestmark = pytest.mark.stack

PICKED = 9
"""So many orders of each scenario, of hundreds to thousands, are played unless ISTMO_INTERLEAVINGS asks for more."""


ORDER = read_order(os.environ["ISTMO_INTERLEAVINGS_ORDER"]) if "ISTMO_INTERLEAVINGS_ORDER" in os.environ else None
"""The one order that is to be played, as a failure names it."""


def _picked(scenario: Scenario, prepared: Prepared) -> Sequence[Sequence[Segment]]:
    if ORDER is not None:
        return [ORDER[1]] if scenario.name == ORDER[0] else []
    asked = os.environ.get("ISTMO_INTERLEAVINGS", str(PICKED))
    return prepared.schedules if asked == "all" else prepared.schedules[: int(asked)]


def _share(names: Sequence[str]) -> Sequence[str]:
    """The part of the work that is this process's: ISTMO_INTERLEAVINGS_SHARD=0/2 is the first half, 1/2 the other."""
    shard, _, shards = os.environ.get("ISTMO_INTERLEAVINGS_SHARD", "0/1").partition("/")
    assert 0 <= int(shard) < int(shards), "ISTMO_INTERLEAVINGS_SHARD is the number of a share, from 0, and of how many"
    return names[int(shard) :: int(shards)]


def test_an_order_is_played_again_by_its_name() -> None:
    """Whoever sees an order fail can have just that one played."""
    schedule = (("one", 3), ("other", None), ("one", None))
    scenario = SCENARIOS[0]
    assert f"{scenario.name} | one 3, other, one" == spell_order(scenario, schedule)
    assert (scenario.name, schedule) == read_order(spell_order(scenario, schedule))
    assert ORDER is None or ORDER[0] in {known.name for known in SCENARIOS}, "no scenario has this name"


def test_enough_orders_are_played() -> None:
    """A developer who runs the tests has seen at least two thousand orders."""
    assert len(SCENARIOS) * PICKED >= 2000


@pytest.mark.parametrize("world", _share([world.name for world in MEETING_WORLDS]))
def test_any_order_comes_to_what_the_oracle_says(arena: Arena, played: Counter[str], world: str) -> None:
    """Reports give one and the same state, however workers get in each other's way."""
    deviating = {}
    for scenario in SCENARIOS:
        if scenario.world.name == world:
            prepared = arena.prepare(scenario)
            assert len(prepared.schedules) >= PICKED
            for schedule in _picked(scenario, prepared):
                played[world] += 1
                deviations = arena.deviations(prepared, schedule)
                if deviations:
                    deviating[spell_order(scenario, schedule)] = deviations
    assert {} == deviating


@pytest.mark.parametrize("name", _share([*MUTATIONS]))
def test_no_step_can_be_taken_away_unnoticed(arena: Arena, name: str) -> None:
    """Whoever takes a lock or a second reading away, thinking it superfluous, sees these tests fail."""
    mutation = MUTATIONS[name]
    noticed = False
    for scenario in SCENARIOS:
        if scenario.name.startswith(mutation.meeting) and not noticed:
            prepared = arena.prepare(scenario)
            noticed = any(
                arena.deviations(prepared, schedule, mutation.apply) for schedule in prepared.schedules[:1000]
            )
    assert noticed
