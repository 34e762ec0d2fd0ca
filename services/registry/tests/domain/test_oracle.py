"""The domain's functions put together give what the oracle gives, for any event set in any order."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import istmo_oracle
from istmo_common.events.envelope import CloudEvent
from istmo_composed import composed
from istmo_oracle import fold
from istmo_oracle.worlds import NARROW, WORLDS, World, event_sets

HANDLE_KEY = b"a key of thirty-two characters .."


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())
def test_named_worlds(world: World) -> None:
    """Each rule that has a small world of its own comes out as the plain rules say."""
    assert fold(world.events, HANDLE_KEY, world.parameters) == composed(world.events, HANDLE_KEY, world.parameters)


@given(event_sets())
def test_any_event_set(events: list[CloudEvent]) -> None:
    """Whatever partners report, the registry's rules agree with the plain ones to the byte."""
    assert fold(events, HANDLE_KEY, NARROW) == composed(events, HANDLE_KEY, NARROW)


@given(event_sets().flatmap(lambda events: st.tuples(st.just(events), st.permutations(events + events[:3]))))
def test_neither_order_nor_repetition_matters(sets: tuple[list[CloudEvent], list[CloudEvent]]) -> None:
    """Reports that arrive in another order, or again, end in the same programmes, pairs, money and findings."""
    events, shuffled = sets

    assert composed(events, HANDLE_KEY, NARROW) == composed(shuffled, HANDLE_KEY, NARROW)


def test_oracle_shares_only_the_comparison_of_activities() -> None:
    """A mistake in the registry's rules cannot hide in the oracle, which has its own order, clusters and money."""
    shared = {"ids", "parameters", "directory", "features", "report_features", "blocking", "scoring"}
    allowed = {f"istmo_registry.domain.{module}" for module in shared}
    imported = set()
    for source in Path(istmo_oracle.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
            if isinstance(node, ast.Import):
                imported.update(alias.name for alias in node.names)

    assert {module for module in imported if module.startswith("istmo_registry")} <= allowed
    assert "istmo_registry.domain.scoring" in imported
