"""A rebuild on the real log and database, with every worker at work before, during and after."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import psycopg
import pytest
from istmo_interleavings.driving import exported
from istmo_interleavings.tables import Tables
from pydantic import SecretStr

from istmo_common.canonical import kafka_key
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.producer import Acknowledged, LogProducer, Outgoing, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_common.partners import PartnerRecord
from istmo_common.postgres import open_pool
from istmo_oracle import fold as oracle
from istmo_oracle.building import Sent, activity, merge, transaction, undo_merge, withdrawal
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.rebuilding.errors import RebuildRefused
from istmo_registry.rebuilding.rebuild import Outcome, Swapping, rebuild
from istmo_registry.rebuilding.tables import CARRIED, DERIVED, OF_THE_STAGES
from istmo_registry.registering.partners import PartnerBook
from istmo_registry.settings import RegistrySettings
from istmo_registry.stages.running import Runner
from istmo_registry.store.export import export
from istmo_registry.store.snapshot import snapshot
from istmo_registry.workers import WORKERS
from istmo_stack.testing import Broker, Server

pytestmark = pytest.mark.stack

HANDLE_KEY: Final = "a key of thirty-two characters .."


def _title(number: int) -> str:
    """Four words that no other number has."""
    digits = sha256(str(number).encode()).hexdigest()
    return " ".join(
        "".join("bdfgklmn"[int(d, 16) % 8] + "aeiou"[int(d, 16) % 5] for d in digits[n : n + 5]) for n in (0, 5, 10, 15)
    )


def _reports(numbers: Sequence[int]) -> list[CloudEvent]:
    """Pairs of reporters that tell of the same work, a payment each, and a few that are told anew or withdrawn."""
    events = []
    for number in numbers:
        title = _title(number)
        for reporter in ("XA", "XB"):
            sent = Sent(f"{reporter}-{number}", number)
            payments = [transaction(str(number + 1), "3", transaction_id="p")] if reporter == "XA" else []
            events.append(activity(sent, reporter, f"{reporter}-{number}", title, transactions=payments))
        if number % 5 == 0:
            events.append(withdrawal(Sent(f"w-{number}", number + 1), "XB", f"XB-{number}"))
    return events


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(2400):
        if holds():
            return
        await asyncio.sleep(0.025)
    raise AssertionError("time ran out")


@dataclass
class _Registry:
    """The workers, running in this process on topics and tables of their own."""

    settings: RegistrySettings
    producer: LogProducer
    told: list[str] = field(default_factory=list)
    sent: list[CloudEvent] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.settings.postgres_url.get_secret_value()

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        options = f"-c search_path={self.settings.schema_name} -c timezone=UTC"
        return psycopg.connect(self.url, autocommit=True, options=options)

    def query(self, text: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description is not None else []

    def export(self) -> list[str]:
        with self.connect() as connection:
            return exported(connection)

    def versions(self) -> dict[str, int]:
        """The version of each programme and finding, by handle or key."""
        return dict(
            self.query(
                """SELECT handle, version FROM programmes JOIN activities ON id = root
                   UNION ALL SELECT key, version FROM findings"""
            )
        )

    async def post(self, events: Sequence[CloudEvent]) -> None:
        outgoing = []
        for event in events:
            stated = json.loads(event.data)
            if event.type.startswith("organisation."):
                outgoing.append(Outgoing.of("organisations", kafka_key(stated["kept"], stated["merged"]), event))
            else:
                outgoing.append(Outgoing.of("activities", kafka_key(stated["reporter"], stated["activity"]), event))
        assert all(isinstance(answer, Acknowledged) for answer in await self.producer.send_many(outgoing))
        self.sent += events

    async def rest(self) -> None:
        """Everything that was sent is in the tables and published."""
        count = """SELECT (SELECT coalesce(sum(position), 0) FROM offsets),
            (SELECT count(*) FROM dirty) + (SELECT count(*) FROM work) + (SELECT count(*) FROM outbox),
            (SELECT count(*) FROM parked)"""
        await _until(lambda: [(len(self.sent), 0, 0)] == self.query(count))

    async def rebuild(self, swapping: Swapping, answer: Callable[[], bool] = lambda: False) -> Outcome:
        async def ask() -> bool:
            return answer()

        self.told.clear()
        return await rebuild(self.settings, swapping, ask, self.told.append)


@asynccontextmanager
async def _working(settings: RegistrySettings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for worker in WORKERS.values():
            group.create_task(worker(settings, stop))
        try:
            yield
        finally:
            stop.set()


@pytest.fixture
async def registry(kafka: Broker, postgres: Server, topic_prefix: str, schema_prefix: str) -> AsyncIterator[_Registry]:
    """A registry at rest with twelve pairs of reports."""
    settings = RegistrySettings(
        kafka=kafka.bootstrap_servers,
        postgres_url=SecretStr(postgres.url),
        topic_prefix=topic_prefix,
        schema_prefix=schema_prefix,
        handle_key=SecretStr(HANDLE_KEY),
    )
    await ensure_topics(kafka.bootstrap_servers, topic_prefix)
    config = ProducerConfig(TransportConfig(kafka.bootstrap_servers), topic_prefix, deadline_seconds=30)
    async with LogProducer(config) as producer, _working(settings):
        made = _Registry(settings, producer)
        await _until(lambda: bool(made.query("SELECT to_regclass('lanes')")[0][0]))
        await made.post(_reports(range(12)))
        await made.rest()
        yield made


def test_every_table_is_rebuilt_or_carried_over(postgres: Server, schema_prefix: str) -> None:
    """A table that is added is either folded anew or kept: none is forgotten by a rebuild."""
    tables = Tables(postgres.url, f"{schema_prefix}registry")
    found = tables.control.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
    tables.close()
    named = [*CARRIED, *DERIVED, *OF_THE_STAGES]
    assert len(named) == len(set(named))
    assert {name for (name,) in found} == set(named) - {"applied_migrations"}


async def test_what_was_changed_by_hand_is_shown_mended_and_published(registry: _Registry) -> None:
    """An entry, a pair, a member and a title put wrong by hand are found; exactly what readers had wrong is sent."""
    before, versions = registry.export(), registry.versions()
    assert Outcome.EQUAL is await registry.rebuild("if-different")
    assert (["No difference"], versions) == (registry.told[-1:], registry.versions())

    [[title]] = registry.query("SELECT handle FROM activities WHERE activity = 'XA-1'")
    [[moved]] = registry.query("SELECT handle FROM activities WHERE activity = 'XA-2'")
    registry.query(
        "UPDATE entries SET value = '999' WHERE activity = (SELECT id FROM activities WHERE activity = 'XA-3')"
    )
    registry.query("DELETE FROM pairs WHERE a = (SELECT min(id) FROM activities WHERE activity IN ('XA-4', 'XB-4'))")
    registry.query(
        """UPDATE members SET root = (SELECT root FROM members JOIN activities ON id = members.activity
               WHERE activities.activity = 'XA-1')
           WHERE activity = (SELECT id FROM activities WHERE activity = 'XB-2')"""
    )
    registry.query(
        f"""UPDATE programmes SET outcome = replace(outcome, '{_title(1)}', 'Wrong')
            WHERE root = (SELECT id FROM activities WHERE handle = '{title}')"""
    )
    registry.query(
        f"UPDATE programmes SET outcome = NULL WHERE root = (SELECT id FROM activities WHERE handle = '{moved}')"
    )
    wrong = registry.export()
    assert Outcome.DIFFERENT is await registry.rebuild("never")
    assert wrong == registry.export()
    shown = "\n".join(registry.told)
    for words in (
        "entry: 1 only in the live tables, 1 only in the rebuilt ones",
        # The one that is gone, and the answered question of a member that was moved to another programme.
        "pair: 1 only in the live tables, 2 only in the rebuilt ones",
        "programme: 2 only in the live tables, 2 only in the rebuilt ones",
        "to be published anew: 2 programmes, 0 findings",
    ):
        assert words in shown

    assert Outcome.SWAPPED is await registry.rebuild("never", answer=lambda: True)
    assert before == registry.export()
    assert registry.told[-1] == "The rebuilt tables are live; 2 events are published"
    assert {title, moved} == {key for key, version in registry.versions().items() if version != versions[key]}
    assert versions | {title: versions[title] + 1, moved: versions[moved] + 1} == registry.versions()
    await registry.rest()
    # The same workers go on, on the new tables.
    await registry.post(_reports(range(12, 16)))
    await registry.rest()
    assert oracle(registry.sent, HANDLE_KEY.encode(), PARAMETERS) == registry.export()
    assert Outcome.EQUAL is await registry.rebuild("never")


async def test_merges_come_back(registry: _Registry) -> None:
    """Organisations that the desk has merged, and what matching makes of that, are restored from the log alone."""
    named = {"participating_organisations": [{"role": "1", "names": [{"text": name}]} for name in ("SDC", "GIZ")]}
    await registry.post(
        [
            activity(Sent("f", 1), "XA", "funded", _title(900), **named),
            merge(Sent("m", 1), "de-giz", "ch-sdc"),
            merge(Sent("n", 1), "pact", "dai"),
            undo_merge(Sent("u", 2), "n", "pact", "dai"),
        ]
    )
    await registry.rest()
    marks = "SELECT funders FROM activities WHERE activity = 'funded'"
    merges = "SELECT id, undoes, kept, merged, data FROM organisation_merges ORDER BY id"
    before = registry.query(merges)
    assert ([(["%de-government", "=de-giz", "^de-government"],)], 3) == (registry.query(marks), len(before))

    registry.query("DELETE FROM organisation_merges")
    registry.query("UPDATE activities SET funders = '{=ch-sdc}' WHERE activity = 'funded'")
    registry.query("INSERT INTO organisations VALUES ('waiting', 2, 'X', 'X', 'sica', NULL)")
    assert Outcome.SWAPPED is await registry.rebuild("if-different")
    assert "organisations: 3 records and merges are not what the log says" in registry.told
    assert ([(["%de-government", "=de-giz", "^de-government"],)], before) == (
        registry.query(marks),
        registry.query(merges),
    )
    assert [("waiting",)] == registry.query("SELECT id FROM organisations")
    assert Outcome.EQUAL is await registry.rebuild("never")


async def test_what_was_never_reported_is_taken_back(registry: _Registry) -> None:
    """A programme that no report bears out is told to be gone, with the next version; its id is not given out anew."""
    registry.query(
        """INSERT INTO activities (reporter, activity, handle) VALUES ('XX', 'x', 'p-made-up');
           INSERT INTO programmes (root, version, clear, outcome)
           SELECT a.id, 7, true, p.outcome FROM activities a, programmes p
           WHERE a.handle = 'p-made-up' AND p.outcome IS NOT NULL LIMIT 1"""
    )
    assert Outcome.SWAPPED is await registry.rebuild("if-different")
    outcome = "SELECT version, outcome FROM programmes JOIN activities ON id = root WHERE handle = 'p-made-up'"
    assert [(8, None)] == registry.query(outcome)
    assert Outcome.EQUAL is await registry.rebuild("never")


async def test_nothing_is_lost_or_doubled_while_tables_change_places(registry: _Registry) -> None:
    """Reports come, partners are changed, readers ask all the while, twice; at the end all is as if never rebuilt."""
    done = asyncio.Event()

    async def report() -> None:
        for number in range(100, 260, 2):
            await registry.post(_reports([number, number + 1]))
            await asyncio.sleep(0.02)

    async def register(pool: Any) -> int:
        count = 0
        while not done.is_set():
            partner = PartnerRecord(id=f"x{count}", name="X", kind="other-nation", language="en", version=1)
            await PartnerBook(pool).add(partner)
            count += 1
            await asyncio.sleep(0.05)
        return count

    async def read(pool: Any) -> int:
        runner, least = Runner(registry.url, registry.settings.schema_name, "reader"), 0
        while not done.is_set():
            # Both kinds of readers see all of one moment, and never less than before.
            lines = await runner.run(export(HANDLE_KEY.encode()))
            assert lines
            async with snapshot(pool) as database:
                members = "SELECT count(*), count(a.id) FROM members m LEFT JOIN activities a ON a.id = m.activity"
                [(count, named)] = await (await database.execute(members)).fetchall()
            assert (count, count >= least) == (named, True)
            least = count
            await asyncio.sleep(0)
        await runner.close()
        return least

    async with open_pool(registry.url, registry.settings.schema_name) as pool, asyncio.TaskGroup() as group:
        others = [group.create_task(register(pool)), group.create_task(read(pool))]
        reporting = group.create_task(report())
        for _ in range(2):
            assert Outcome.SWAPPED is await registry.rebuild("always")
        assert not reporting.done() or len(registry.sent) > 300
        await reporting
        await registry.rest()
        done.set()
        partners, _ = [await other for other in others]
    assert oracle(registry.sent, HANDLE_KEY.encode(), PARAMETERS) == registry.export()
    assert [(len(registry.sent),)] == registry.query("SELECT count(*) FROM copies")
    assert [(partners,)] == registry.query("SELECT count(*) FROM partners")
    assert Outcome.EQUAL is await registry.rebuild("never")


async def test_a_rebuild_that_was_ended_leaves_nothing_behind(registry: _Registry) -> None:
    """The live tables are as they were, and the next rebuild begins cleanly; two at a time are refused."""
    before = registry.export()
    first = asyncio.create_task(registry.rebuild("always"))
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = current_schema() || '_rebuild'"
    await _until(lambda: registry.query(schemas) == [(1,)])
    with pytest.raises(RebuildRefused, match="another rebuild"):
        await registry.rebuild("never")
    first.cancel()
    await asyncio.wait({first})
    assert (before, [(0,)]) == (registry.export(), registry.query(schemas))
    # What one that was killed left.
    registry.query(f"CREATE SCHEMA {registry.settings.schema_name}_rebuild")
    assert Outcome.EQUAL is await registry.rebuild("if-different")
    assert (before, [(0,)]) == (registry.export(), registry.query(schemas))
