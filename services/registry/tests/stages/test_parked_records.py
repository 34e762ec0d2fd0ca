"""A record that fold had to set aside is folded when a mended program starts."""

import pytest
from istmo_interleavings.driving import HANDLE_KEY
from istmo_interleavings.tables import Connection, Tables

from istmo_common.canonical import kafka_key
from istmo_common.kafka.batches import Batch, Move, Partition, Position, RawRecord, Record
from istmo_common.kafka.producer import LogProducer, ProducerConfig
from istmo_common.kafka.topics import ensure_topics
from istmo_common.kafka.transport import TransportConfig
from istmo_oracle.building import Sent, activity
from istmo_registry.domain.handles import handle
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.parked_records import fold_parked_records
from istmo_registry.stages.fold import Folding
from istmo_registry.stages.reading import Folder, read_message
from istmo_registry.stages.running import Runner
from istmo_stack.testing import Broker, Server

pytestmark = pytest.mark.stack


def _wrong(name: ActivityId) -> str:
    raise ZeroDivisionError


def _right(name: ActivityId) -> str:
    return handle(HANDLE_KEY, name)


async def test_a_mended_program_folds_what_was_set_aside(
    kafka: Broker, postgres: Server, topic_prefix: str, tables: Tables, connection: Connection
) -> None:
    """A report that a defect kept out is counted as soon as the defect is gone, without being sent again."""
    event = activity(Sent("1", 1), "XA", "a", "Joint border patrols against contraband")
    key = kafka_key("XA", "a")
    await ensure_topics(kafka.bootstrap_servers, topic_prefix)
    async with LogProducer(ProducerConfig(TransportConfig(kafka.bootstrap_servers), topic_prefix)) as producer:
        place = await producer.send("activities", key, event)
    partition = Partition("activities", place.partition)
    raw = RawRecord(partition, place.offset, key, event.data, tuple(event.headers()), 0)
    batch = Batch((Record.of(raw, read_message(raw)),), (Move(partition, None, Position(1, "1", "cluster")),))
    runner = Runner(postgres.url, tables.schema, "test")
    broken, mended = (Folder(runner, Folding(handle_of, PARAMETERS)) for handle_of in (_wrong, _right))

    def state() -> tuple[int, int]:
        ((parked, folded),) = connection.execute(
            "SELECT (SELECT count(*) FROM parked), (SELECT count(*) FROM activities)"
        ).fetchall()
        return parked, folded

    await broken.handle(batch)
    assert (1, 0) == state()
    await fold_parked_records(kafka.bootstrap_servers, topic_prefix, runner, broken)
    assert (1, 0) == state()
    await fold_parked_records(kafka.bootstrap_servers, topic_prefix, runner, mended)
    assert (0, 1) == state()
    assert [(1,)] == connection.execute("SELECT position FROM offsets").fetchall()
    await runner.close()
