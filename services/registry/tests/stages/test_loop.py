"""The workers' loops: what raises is set aside, and a bell that rang is never slept through."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator

import psycopg
import pytest
from istmo_interleavings.driving import HANDLE_KEY, PUBLISHER, drive, exported, folding
from istmo_interleavings.tables import Connection, Tables

from istmo_oracle import fold
from istmo_oracle.building import Sent, activity
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.stages.claims import Claim, Done
from istmo_registry.stages.loop import Claiming, Pace, rounds
from istmo_registry.stages.match import Matching, match
from istmo_registry.stages.resolve import resolve
from istmo_registry.stages.running import Runner
from istmo_registry.stages.waking import waking
from istmo_registry.store.dirty import claim_dirty
from istmo_registry.store.statement import BEGIN, ROLLBACK, Stage
from istmo_stack.testing import Server

pytestmark = pytest.mark.stack

PATROLS = "Joint border patrols against contraband"
EVENTS = [
    activity(Sent(name, 1), f"X{name}", name, f"{PATROLS}, fase {place}") for place, name in enumerate("ABCDE", 1)
]


class Poisoned(Exception):
    """Something that nobody foresaw, with a text that quotes a report."""


@pytest.fixture
async def runner(postgres: Server, tables: Tables) -> AsyncIterator[Runner]:
    """What runs the stages in production, on the tables of this file."""
    made = Runner(postgres.url, tables.schema, "test")
    yield made
    await made.close()


async def _until_nothing(claiming: Claiming) -> None:
    for _ in range(100):
        if await claiming.round() is Done.NOTHING:
            return
    raise AssertionError("there is always something to do")


def _resolving(poison: int | None) -> Callable[[Claim, int], Stage[Done]]:
    def stage(claim: Claim, limit: int) -> Stage[Done]:
        inner = resolve(claim, PUBLISHER, limit)
        answer = None
        while True:
            try:
                statement = inner.send(answer)  # type: ignore[arg-type]
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            if statement.name == "members: write" and poison in claim.activities:
                raise Poisoned("Joint border patrols of a secret report")
            answer = yield statement

    return stage


async def test_what_cannot_be_resolved_is_parked_alone(connection: Connection, runner: Runner) -> None:
    """One record that no rule foresaw does not hold up the others: it is set aside, to be seen, and nothing is lost."""
    drive(connection, folding(EVENTS, PARAMETERS))
    drive(connection, match(Claim(), Matching(PARAMETERS), 100))
    ((poison,),) = connection.execute("SELECT max(activity) FROM work").fetchall()
    await _until_nothing(Claiming(runner, "resolve", _resolving(poison), Pace()))

    parked = connection.execute("SELECT stage, activity, error FROM parked").fetchall()
    assert [("resolve", poison)] == [row[:2] for row in parked]
    assert parked[0][2].startswith("Poisoned in stage, line ")
    assert "secret" not in parked[0][2]
    assert (4,) == connection.execute("SELECT count(*) FROM members WHERE root IS NOT NULL").fetchone()

    connection.execute("INSERT INTO work (activity) SELECT activity FROM parked")
    await _until_nothing(Claiming(runner, "resolve", _resolving(None), Pace()))
    assert [] == connection.execute("SELECT * FROM parked").fetchall()
    assert fold(EVENTS, HANDLE_KEY) == exported(connection)


async def test_retries_of_match_are_bounded(connection: Connection, runner: Runner) -> None:
    """An activity that never comes to rest is parked, instead of keeping a worker busy for ever."""
    drive(connection, folding(EVENTS, PARAMETERS))

    def always_late(claim: Claim, limit: int) -> Stage[Done]:
        yield BEGIN
        claim.take_dirty((yield claim_dirty(limit)))
        yield ROLLBACK
        return Done.STALE if claim.rows else Done.NOTHING

    await _until_nothing(Claiming(runner, "match", always_late, Pace(retries=3)))
    parked = connection.execute("SELECT stage, mode, error FROM parked").fetchall()
    assert [("match", "match", "what it reads kept changing")] * 5 == parked
    assert (0,) == connection.execute("SELECT count(*) FROM dirty").fetchone()


async def test_a_bell_is_heard_while_nobody_sleeps() -> None:
    """Work that comes just as a worker found nothing is done at once."""
    bell, stop = asyncio.Event(), asyncio.Event()
    began: list[float] = []

    async def round_() -> Done:
        began.append(time.monotonic())
        if len(began) == 1:
            bell.set()
        else:
            stop.set()
        return Done.NOTHING

    await asyncio.wait_for(rounds(stop, bell, round_, Pace(look_seconds=60)), 5)
    assert 2 == len(began)


async def test_a_worker_that_took_all_there_was_waits_to_hear_of_more() -> None:
    """A database in which nothing waits is not asked again and again what waits."""
    bell, stop = asyncio.Event(), asyncio.Event()
    began = 0

    async def round_() -> Done:
        nonlocal began
        began += 1
        if began == 1:
            asyncio.get_running_loop().call_later(0.2, bell.set)
        else:
            stop.set()
        return Done.REST

    started = time.monotonic()
    await asyncio.wait_for(rounds(stop, bell, round_, Pace(look_seconds=60)), 5)
    assert 2 == began
    assert time.monotonic() - started >= 0.2


async def test_a_full_claim_is_followed_by_another(connection: Connection, runner: Runner) -> None:
    """Whatever waits beyond what is claimed at once is done without anybody ringing again."""
    drive(connection, folding(EVENTS, PARAMETERS))
    matching = Matching(PARAMETERS)
    claiming = Claiming(runner, "match", lambda claim, limit: match(claim, matching, limit), Pace(limit=3))
    assert [Done.SOME, Done.REST, Done.NOTHING] == [await claiming.round() for _ in range(3)]


async def test_a_worker_looks_once_in_a_while() -> None:
    """What a killed worker left is found although nobody rings."""
    bell, stop = asyncio.Event(), asyncio.Event()
    looked = 0

    async def round_() -> Done:
        nonlocal looked
        looked += 1
        if looked == 3:
            stop.set()
        return Done.NOTHING

    await asyncio.wait_for(rounds(stop, bell, round_, Pace(look_seconds=0.01)), 5)
    assert 3 == looked


async def test_a_database_that_is_away_is_waited_for() -> None:
    """A worker outlives a restart of the database."""
    bell, stop = asyncio.Event(), asyncio.Event()
    outcomes: Iterator[Exception | Done] = iter([psycopg.OperationalError("away"), Done.NOTHING])

    async def round_() -> Done:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        stop.set()
        return outcome

    await asyncio.wait_for(rounds(stop, bell, round_, Pace(look_seconds=0.01)), 5)
    assert [] == list(outcomes)


async def test_folding_wakes_match(postgres: Server, tables: Tables, connection: Connection) -> None:
    """A report goes on at once, without waiting for somebody to look."""
    async with waking(postgres.url, tables.schema, "dirty") as bell:
        await asyncio.wait_for(bell.wait(), 5)
        bell.clear()
        await asyncio.to_thread(drive, connection, folding(EVENTS[:1], PARAMETERS))
        await asyncio.wait_for(bell.wait(), 5)


async def test_a_connection_that_broke_is_replaced(connection: Connection, runner: Runner) -> None:
    """A worker whose connection was cut goes on with a new one, and what it had claimed is done after all."""
    drive(connection, folding(EVENTS, PARAMETERS))

    def cut(claim: Claim, limit: int) -> Stage[Done]:
        yield BEGIN
        claim.take_dirty((yield claim_dirty(limit)))
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test'")
        yield ROLLBACK
        return Done.SOME

    with pytest.raises(psycopg.OperationalError):
        await Claiming(runner, "match", cut, Pace()).round()
    whole = Claiming(runner, "match", lambda claim, limit: match(claim, Matching(PARAMETERS), limit), Pace())
    assert Done.REST is await whole.round()
    assert (5,) == connection.execute("SELECT count(*) FROM work").fetchone()
