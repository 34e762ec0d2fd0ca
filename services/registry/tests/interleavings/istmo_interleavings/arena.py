"""Where orders are played, and compared with the oracle and with what a single worker comes to."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from istmo_interleavings.driving import HANDLE_KEY, drive, everything, exported, relaying, rest
from istmo_interleavings.players import Player, Program, Schedule, Sent, play
from istmo_interleavings.scenarios import Scenario, schedules
from istmo_interleavings.state import decided, inconsistencies
from istmo_interleavings.tables import Tables
from istmo_interleavings.traces import Trace
from istmo_oracle import fold as oracle
from istmo_oracle.worlds import World

__all__ = ["Arena", "Outcome", "Played", "Prepared", "spelled"]

_NAMES: Final = ("one", "other")


@dataclass(frozen=True)
class Prepared:
    """A scenario whose beginning is kept, with all schedules of its two programs.

    `shuffled`: in an order that is always the same; `near`: each with those next to it.
    """

    scenario: Scenario
    saved: int
    shuffled: Sequence[Schedule]
    near: Mapping[Schedule, Set[Schedule]]


@dataclass(frozen=True)
class Outcome:
    """What an order came to: what is not as it must be, where everything ended, and the orders that are one with it.

    `end`: the lines of the export, of what is decided and of what was sent. `trace` is None where a stage failed.
    """

    deviations: list[str]
    end: list[str]
    trace: Trace | None


@dataclass(frozen=True)
class Played:
    """An order that was played, and those that were not, since they are one with it."""

    schedule: Schedule
    outcome: Outcome
    equal: Sequence[Schedule]


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
        self._saved: int | None = None

    def prepare(self, scenario: Scenario) -> Prepared:
        """Run what comes before, keep it until another is prepared, and see how many statements each program has."""
        self._tables.empty()
        drive(self._alone, scenario.before())
        if self._saved is not None:
            self._tables.forget(self._saved)
        self._saved = saved = self._tables.save()
        lengths = []
        for program in (scenario.one, scenario.other):
            self._tables.restore(saved)
            player = self._players["one"]
            player.begin(program())
            play({"one": player}, ())
            lengths.append(player.played)
        near = schedules(*lengths)
        shuffled = random.Random(scenario.name).sample([*near], len(near))
        return Prepared(scenario, saved, shuffled, near)

    def orders(self, prepared: Prepared, apply: Callable[[Program], Program] = lambda p: p) -> Iterator[Played]:
        """Play orders until each is played or one with an order that was."""
        left = dict.fromkeys(prepared.shuffled)
        while left:
            schedule = next(iter(left))
            outcome = self.play(prepared, schedule, apply)
            around = {schedule} if outcome.trace is None else outcome.trace.around(schedule, prepared.near)
            equal = [each for each in left if each in around and each != schedule]
            for each in (schedule, *equal):
                del left[each]
            yield Played(schedule, outcome, equal)

    def play(
        self, prepared: Prepared, schedule: Schedule, apply: Callable[[Program], Program] = lambda p: p
    ) -> Outcome:
        """Play one order, and let everything come to rest."""
        scenario = prepared.scenario
        self._tables.restore(prepared.saved)
        self._sent.clear()
        self._players["one"].begin(apply(scenario.one()))
        self._players["other"].begin(apply(scenario.other()))
        try:
            history = play(self._players, schedule)
            drive(self._alone, apply(rest(scenario.world.parameters)))
            for holder in _NAMES:
                drive(self._alone, relaying(holder), self._sent)
        except Exception as error:
            self._begin_anew()
            return Outcome([repr(error)], [], None)
        reference = self._reference(scenario.world)
        export, told = exported(self._alone), decided(self._alone)
        deviations = [
            *_difference(reference.export, export),
            *_difference(reference.decided, told),
            *inconsistencies(self._alone, self._sent),
        ]
        return Outcome(deviations, [*export, *told, *spelled(self._sent)], Trace(history, self._tables.names))

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
            self._tables.forget(held)
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


def spelled(sent: Sent) -> list[str]:
    """What was sent, in its order, without row ids."""
    return [repr((row.topic, row.key, row.headers, row.value, row.traceparent)) for row in sent]
