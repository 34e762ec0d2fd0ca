"""The sweep on the real log: a late, older event does not hide the newest from those who read later."""

from collections.abc import AsyncIterator

import pytest
from istmo_interleavings.driving import drive, everything
from istmo_interleavings.tables import Connection, Tables

from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_common.partners import PartnerRecord
from istmo_common.postgres import open_pool
from istmo_oracle.building import Sent, activity, withdrawal
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.registering.partners import PartnerBook
from istmo_registry.stages.claims import Done
from istmo_registry.stages.relay import Answer, Send, relay
from istmo_registry.stages.running import Runner
from istmo_registry.stages.sending import LogSender
from istmo_registry.store.outbox import OutboxRow
from istmo_registry.sweeping import Sweep, last_versions
from istmo_stack.testing import Broker, Server

pytestmark = pytest.mark.stack

PATROLS = "Joint border patrols against contraband"


class _Keeping:
    """Sends to the log, and remembers what it sent: a paused relay would send it again."""

    def __init__(self, sender: LogSender) -> None:
        self._sender = sender
        self.sent: list[OutboxRow] = []

    async def __call__(self, send: Send) -> list[Answer]:
        self.sent += send.rows
        return list(await self._sender(send))


@pytest.fixture
async def sender(kafka: Broker, topic_prefix: str) -> AsyncIterator[_Keeping]:
    """A way into a log of this test's own."""
    await ensure_topics(kafka.bootstrap_servers, topic_prefix)
    async with LogProducer(ProducerConfig(TransportConfig(kafka.bootstrap_servers), topic_prefix)) as producer:
        yield _Keeping(LogSender(producer))


@pytest.fixture
async def runner(postgres: Server, tables: Tables, sender: _Keeping) -> AsyncIterator[Runner]:
    """What runs the stages in production, on the tables of this file."""
    made = Runner(postgres.url, tables.schema, "test", sender)
    yield made
    await made.close()


async def _relay(runner: Runner) -> None:
    while await runner.run(relay("test", 60, 100)) is not Done.NOTHING:
        pass


async def test_what_the_log_lost_is_sent_again(
    kafka: Broker,
    postgres: Server,
    topic_prefix: str,
    tables: Tables,
    connection: Connection,
    runner: Runner,
    sender: _Keeping,
) -> None:
    """A reader that begins after a relay's hiccup still learns the newest state, also that a key was revoked."""
    where = (kafka.bootstrap_servers, topic_prefix)
    async with open_pool(postgres.url, tables.schema) as pool:
        sweep = Sweep(*where, runner, pool)
        partner = PartnerRecord(id="xa", name="XA", kind="other-nation", language="en", version=1)
        await PartnerBook(pool).add(partner)
        reports = [activity(Sent("1", 1, 1), "XA", "a", PATROLS), activity(Sent("2", 2, 2), "XB", "b", "Mobile courts")]
        drive(connection, everything(reports, PARAMETERS))
        await _relay(runner)
        await PartnerBook(pool).add_key("xa")
        drive(connection, everything([withdrawal(Sent("3", 3, 3), "XA", "a")], PARAMETERS))
        await _relay(runner)
        whole = await last_versions(*where)
        assert [1, 2, 2] == sorted(whole.values())
        assert 0 == await sweep.sweep()

        old = [row for row in sender.sent if row.headers["ce_version"] == "1"]
        assert 3 == len(old)
        await sender(Send(old))
        assert {1} == set((await last_versions(*where)).values())

        assert 2 == await sweep.sweep()
        await _relay(runner)
        assert {key: version + 1 if version == 2 else 1 for key, version in whole.items()} == await last_versions(
            *where
        )
        assert 0 == await sweep.sweep()


async def test_tables_of_an_earlier_moment_catch_up_with_the_log(
    kafka: Broker,
    postgres: Server,
    topic_prefix: str,
    tables: Tables,
    connection: Connection,
    runner: Runner,
    sender: _Keeping,
) -> None:
    """After PostgreSQL alone was restored, readers take every later change, and a revoked key stays revoked."""
    where = (kafka.bootstrap_servers, topic_prefix)
    async with open_pool(postgres.url, tables.schema) as pool:
        book, sweep = PartnerBook(pool), Sweep(*where, runner, pool)
        _, stolen = await book.add(PartnerRecord(id="xa", name="XA", kind="other-nation", language="en", version=1))
        reports = [activity(Sent("1", 1, 1), "XA", "a", PATROLS), activity(Sent("2", 2, 2), "XB", "b", PATROLS)]
        drive(connection, everything(reports, PARAMETERS))
        await _relay(runner)
        backup = tables.save()
        await book.revoke_key("xa", stolen.id)
        await book.add(PartnerRecord(id="xb", name="XB", kind="other-nation", language="en", version=1))
        for number, country in ((3, "GT"), (4, "SV")):
            changed = activity(Sent(str(number), number, number), "XA", "a", PATROLS, country=country)
            drive(connection, everything([changed], PARAMETERS))
        await _relay(runner)
        logged = await last_versions(*where)
        connection.execute("ALTER TABLE partner_keys DROP CONSTRAINT partner_keys_partner_fkey")
        tables.restore(backup)

        assert await sweep.sweep() > 0
        await _relay(runner)
        now = await last_versions(*where)
        twice = {key for key, version in logged.items() if version > 1 and key[0] != "partners"}
        assert twice
        assert {key: logged[key] + 1 for key in twice} == {key: now[key] for key in twice}
        records = connection.execute("SELECT id, version FROM partners ORDER BY id").fetchall()
        revoked = connection.execute("SELECT revoked IS NOT NULL FROM partner_keys WHERE partner = 'xa'").fetchall()
        assert ([("xa", 2), ("xb", 1)], [(True,)]) == (records, revoked)
        assert 0 == await sweep.sweep()
