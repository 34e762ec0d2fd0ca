"""Where orders are played, and compared with the oracle and with what a single worker comes to."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from istmo_interleavings.driving import HANDLE_KEY, drive, everything, exported, relaying, rest
from istmo_interleavings.players import Player, Program, Segment, Sent, play
from istmo_interleavings.scenarios import Scenario, schedules
from istmo_interleavings.state import decided, inconsistencies
from istmo_interleavings.tables import Tables
from istmo_oracle import fold as oracle
from istmo_oracle.worlds import World

__all__ = ["Arena", "Prepared"]

_NAMES: Final = ("one", "other")


@dataclass(frozen=True)
class Prepared:
    """A scenario whose beginning is kept, with all schedules of its two programs in a fixed shuffled order."""

    scenario: Scenario
    saved: int
    schedules: Sequence[Sequence[Segment]]


@dataclass(frozen=True)
class _Reference:
    export: list[str]
    decided: list[str]


class Arena:
    """Two players on one set of tables. Close it."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._alone = tables.connect()
        self._sent: Sent = []
        self._players = {name: Player(tables, self._sent) for name in _NAMES}
        self._references: dict[str, _Reference] = {}

    def prepare(self, scenario: Scenario) -> Prepared:
        """Run what comes before, keep it, and see how many statements each program has."""
        self._tables.empty()
        drive(self._alone, scenario.before())
        saved = self._tables.save()
        lengths = []
        for program in (scenario.one, scenario.other):
            self._tables.restore(saved)
            player = self._players["one"]
            player.begin(program())
            play({"one": player}, ())
            lengths.append(player.played)
        orders = list(schedules(*lengths))
        random.Random(scenario.name).shuffle(orders)
        return Prepared(scenario, saved, orders)

    def deviations(
        self, prepared: Prepared, schedule: Sequence[Segment], apply: Callable[[Program], Program] = lambda p: p
    ) -> list[str]:
        """Play one order, let everything come to rest, and say what is not as it must be."""
        scenario = prepared.scenario
        self._tables.restore(prepared.saved)
        self._sent.clear()
        self._players["one"].begin(apply(scenario.one()))
        self._players["other"].begin(apply(scenario.other()))
        try:
            play(self._players, schedule)
            drive(self._alone, apply(rest(scenario.world.parameters)))
            for holder in _NAMES:
                drive(self._alone, relaying(holder), self._sent)
        except Exception as error:
            self._begin_anew()
            return [repr(error)]
        reference = self._reference(scenario.world)
        return [
            *_difference(reference.export, exported(self._alone)),
            *_difference(reference.decided, decided(self._alone)),
            *inconsistencies(self._alone, self._sent),
        ]

    def close(self) -> None:
        """End the players."""
        for player in self._players.values():
            player.close()
        self._alone.close()

    def _reference(self, world: World) -> _Reference:
        if world.name not in self._references:
            held = self._tables.save()
            self._tables.empty()
            drive(self._alone, everything(world.events, world.parameters))
            export = oracle(world.events, HANDLE_KEY, world.parameters)
            self._references[world.name] = _Reference(export, decided(self._alone))
            self._tables.restore(held)
        return self._references[world.name]

    def _begin_anew(self) -> None:
        for player in self._players.values():
            player.close()
        self._players = {name: Player(self._tables, self._sent) for name in _NAMES}
        self._alone.close()
        self._alone = self._tables.connect()


def _difference(expected: list[str], found: list[str]) -> list[str]:
    missing = [f"- {line}" for line in expected if line not in set(found)]
    return missing + [f"+ {line}" for line in found if line not in set(expected)]
