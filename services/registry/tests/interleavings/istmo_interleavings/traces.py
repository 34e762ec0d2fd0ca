"""Orders that are one: they differ by exchanging neighbouring steps that cannot influence each other."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from istmo_interleavings.footprints import Kind, footprint
from istmo_interleavings.players import Part, Schedule, Step, Yielded, play

__all__ = ["RULES", "Action", "Trace", "actions", "dependent"]

_NOTHING: Final = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Action:
    """A step, as far as it can be told by another player.

    `writes`: tables of which it writes or locks rows; `shows`: tables of which others see from now on what was written;
    `frees`: tables of which locks end. `known` False: it may do anything.
    """

    player: str
    reads: frozenset[str] = _NOTHING
    writes: frozenset[str] = _NOTHING
    shows: frozenset[str] = _NOTHING
    frees: frozenset[str] = _NOTHING
    known: bool = True


def actions(history: Sequence[Step], tables: frozenset[str]) -> Iterator[Action]:
    """What each step of a play did, by the transaction in which it was; `tables` are all tables that there are."""
    held: dict[str, frozenset[str]] = {}
    astray: set[str] = set()
    footprints = [footprint(step.yielded, tables) for step in history]
    # Sharing a table is nothing that others notice, unless one of these steps wants it alone.
    contended = frozenset[str]().union(*(touched.alone for touched in footprints))
    for step, touched in zip(history, footprints, strict=True):
        name, kind = step.player, touched.kind
        if kind is Kind.UNKNOWN:
            # What comes after it, too: it may be in a transaction whose statements have one snapshot.
            astray.add(name)
        writes = _NOTHING
        if kind is Kind.BEGINS:
            held[name] = _NOTHING
            writes = touched.tables & contended
        elif kind is Kind.WRITES:
            writes = touched.tables
        alone = name not in held
        written = held.get(name, _NOTHING) | writes
        commits = kind is Kind.COMMITS or (alone and kind is Kind.WRITES)
        # What goes back to a savepoint may give back all: which locks are older is not worth telling apart.
        frees = commits or kind in (Kind.ROLLS_BACK, Kind.ROLLS_BACK_TO_SAVEPOINT)
        yield Action(
            name,
            reads=touched.tables if kind is Kind.READS else _NOTHING,
            writes=writes,
            shows=written if commits else _NOTHING,
            frees=written if frees else _NOTHING,
            known=name not in astray,
        )
        if kind in (Kind.COMMITS, Kind.ROLLS_BACK):
            held.pop(name, None)
        elif not alone:
            held[name] = written


RULES: Final = {
    "a reader sees what was committed before": lambda one, other: one.reads & other.shows,
    "writers of a table may meet at a row": lambda one, other: one.writes & other.writes,
    "a writer waits for locks, or for nothing": lambda one, other: one.writes & other.frees,
}
"""Why two steps of different players may not be exchanged, each to be asked both ways round.

A reader and a writer may: what is not committed is not seen. So may two that commit, with nobody in between to see it.
"""


def dependent(one: Action, other: Action) -> bool:
    """Whether exchanging two neighbouring steps of different players may change anything."""
    return not (one.known and other.known) or any(rule(one, other) or rule(other, one) for rule in RULES.values())


@dataclass(frozen=True, slots=True)
class _Event:
    """A step, its own bit, and the bits of the other player's steps that must stay before it."""

    step: Step
    bit: int
    before: int


class Trace:
    """All orders that are one with an order that was played."""

    def __init__(self, history: Sequence[Step], tables: frozenset[str]) -> None:
        self.history = history
        acted = list(actions(history, tables))
        self._events: dict[str, list[_Event]] = {}
        for number, (step, action) in enumerate(zip(history, acted, strict=True)):
            before = sum(
                1 << place
                for place, earlier in enumerate(acted[:number])
                if earlier.player != action.player and dependent(earlier, action)
            )
            self._events.setdefault(step.player, []).append(_Event(step, 1 << number, before))

    def around(self, schedule: Schedule, near: Mapping[Schedule, Set[Schedule]]) -> set[Schedule]:
        """The schedule by which this was played and, from neighbour to neighbour, all that come to the same order."""
        found, edge = {schedule}, [schedule]
        while edge:
            for each in near[edge.pop()] - found:
                if self.reordered(each) is not None:
                    found.add(each)
                    edge.append(each)
        return found

    def reordered(self, schedule: Schedule) -> list[Step] | None:
        """The same steps as they come by another schedule; None if one comes before another that it depends on."""
        done = _Done()
        echoes = {name: _Echo(self._events.get(name, ()), done) for name, _ in schedule}
        try:
            return play(echoes, schedule)
        except _AnotherOrderError:
            return None


@dataclass(slots=True)
class _Done:
    bits: int = 0


class _AnotherOrderError(Exception):
    pass


class _Echo:
    """A player that repeats what it did."""

    def __init__(self, events: Sequence[_Event], done: _Done) -> None:
        self._events = events
        self._done = done
        self._place = 0
        self.played = 0
        self.waiting = False

    @property
    def finished(self) -> bool:
        return self._place == len(self._events)

    @property
    def yielded(self) -> Yielded:
        return self._events[self._place].step.yielded

    def step(self) -> Part | None:
        event = self._events[self._place]
        part = event.step.part
        if event.before & ~self._done.bits:
            if part is Part.ENDED:
                return None
            raise _AnotherOrderError
        self._done.bits |= event.bit
        self._place += 1
        self.waiting = part is Part.BEGUN
        self.played += not self.waiting
        return part
