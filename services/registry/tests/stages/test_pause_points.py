"""Nothing reaches the database but the statements that a stage yields: between any two of them it can be paused."""

import subprocess
import sys
from collections.abc import Generator, Mapping
from typing import Any

import psycopg
import pytest
from istmo_interleavings.driving import folding, matching, relaying, resolving
from istmo_interleavings.tables import Connection, Tables

from istmo_oracle.worlds import WORLDS, World
from istmo_registry.stages.relay import Answer, Send
from istmo_registry.stages.running import Runner
from istmo_registry.store.statement import BEGIN, BEGIN_FOLD, BEGIN_FOLD_OF_DIRECTORY, Statement

STAGES = (
    "arrivals",
    "differences",
    "fold",
    "match",
    "directing",
    "positions",
    "reach",
    "reissue",
    "relay",
    "resolve",
    "standing",
    "stored",
    "withdrawing",
)


def test_stages_cannot_talk_to_the_database() -> None:
    """A stage that had a way to the database of its own could not be tested order by order: none has one."""
    imports = "; ".join(f"import istmo_registry.stages.{stage}" for stage in STAGES)
    check = f"import sys; {imports}; print(sorted({{'psycopg', 'aiokafka', 'asyncio'}} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert "[]\n" == answer.stdout


class _Recording(psycopg.AsyncConnection[tuple[Any, ...]]):
    """A connection that notes all that is asked of it."""

    asked: list[bytes]

    async def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        self.asked.append(query)
        return await super().execute(query, params, **options)


def _noting(stage: Generator[Any, Any, Any], noted: list[bytes]) -> Generator[Any, Any, Any]:
    answer = None
    while True:
        try:
            yielded = stage.send(answer)
        except StopIteration:
            return
        if isinstance(yielded, Statement):
            noted.append(yielded.sql.encode())
        answer = yield yielded


async def _send(send: Send) -> list[Answer]:
    return [Answer.ACKNOWLEDGED for _ in send.rows]


@pytest.mark.stack
@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
async def test_what_is_yielded_is_what_is_executed(
    tables: Tables, connection: Connection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Production executes each yielded statement once, in order, and nothing besides."""
    asked: list[bytes] = []
    noted: list[bytes] = []

    async def connect(*_: str) -> _Recording:
        opened = await _Recording.connect(tables.conninfo, autocommit=True)
        opened.asked = asked
        return opened

    monkeypatch.setattr("istmo_registry.stages.running.connect", connect)
    runner = Runner("", "", "", _send)
    stages = [folding(world.events, world.parameters), matching(world.parameters), resolving(), relaying("one")]
    for stage in stages:
        await runner.run(_noting(stage, noted))
    await runner.close()

    assert noted == asked
    assert all(_is_one_statement(sql) for sql in noted)


def _is_one_statement(sql: bytes) -> bool:
    # A transaction opens with the gate, which nobody but a rebuild ever closes, and fold's with the lock of merges:
    # there is nothing to see in between.
    opening = sql in {each.sql.encode() for each in (BEGIN, BEGIN_FOLD, BEGIN_FOLD_OF_DIRECTORY)}
    # A semicolon would join two; a function of our own, or DO, could hide more.
    return opening or (b";" not in sql and not sql.startswith((b"DO", b"CALL")))


@pytest.mark.stack
def test_the_database_does_nothing_by_itself(connection: Connection) -> None:
    """No trigger, rule, foreign key or function of the schema runs statements that nobody yielded."""
    hidden: Mapping[str, str] = {
        "triggers": "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relnamespace = current_schema()::regnamespace AND c.relname <> ALL(%s)",
        "rules": "SELECT rulename FROM pg_rules WHERE schemaname = current_schema() AND tablename <> ALL(%s)",
        "functions": "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
        " AND proname <> ALL(%s)",
    }
    # Partners and their keys are the API's own, behind no stage.
    found = {
        what: connection.execute(query, [["partners", "partner_keys"]]).fetchall() for what, query in hidden.items()
    }
    assert {what: [] for what in hidden} == found
