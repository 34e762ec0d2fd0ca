"""Rows that a statement gives in no promised order may come in any."""

import re
from collections.abc import Callable
from typing import Final

import pytest
from istmo_interleavings.arena import spelled
from istmo_interleavings.driving import drive, everything, exported, folding, relaying, rest
from istmo_interleavings.players import Program, Sent
from istmo_interleavings.scenarios import traced
from istmo_interleavings.state import decided
from istmo_interleavings.tables import Connection, Tables
from istmo_interleavings.worlds import MEETING_WORLDS

from istmo_oracle.worlds import World
from istmo_registry.store.statement import Statement

pytestmark = pytest.mark.stack

_SORTED: Final = re.compile(r"ORDER BY[^)]*$")


@pytest.mark.parametrize("world", MEETING_WORLDS, ids=[world.name for world in MEETING_WORLDS])
def test_the_same_is_decided_and_published(tables: Tables, connection: Connection, world: World) -> None:
    """PostgreSQL may give rows in the order in which they lie in a table, which a vacuum changes."""
    expected = _played(connection, world, lambda program: program)
    tables.empty()
    assert expected == _played(connection, world, _backwards)


def _played(connection: Connection, world: World, apply: Callable[[Program], Program]) -> list[str]:
    *early, late, last = (traced(number, event) for number, event in enumerate(world.events, 1))
    sent: Sent = []
    drive(connection, apply(everything(early, world.parameters)))
    drive(connection, apply(folding([late, last], world.parameters)))
    drive(connection, apply(rest(world.parameters)))
    drive(connection, relaying("one"), sent)
    return [*exported(connection), *decided(connection), *spelled(sent)]


def _backwards(program: Program) -> Program:
    """The program, given backwards the rows that it did not ask for in an order."""
    answer = None
    while True:
        try:
            yielded = program.send(answer)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        answer = yield yielded
        if isinstance(yielded, Statement) and not _SORTED.search(yielded.sql):
            answer = answer[::-1]
