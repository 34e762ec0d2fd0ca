"""The events that tell what was registered."""

from datetime import UTC, datetime

from opentelemetry import trace

from istmo_common.events.values import Statement
from istmo_common.kafka.headers import traceparent_of
from istmo_common.times import format_time
from istmo_registry.stages.publications import Publisher
from istmo_registry.store.outbox import OUTBOX, insert_publications
from istmo_registry.store.snapshot import Database, execute
from istmo_registry.store.statement import notify

__all__ = ["publish"]


async def publish(
    database: Database, topic: str, key: str, type: str, record: Statement, version: int, id: str | None = None
) -> None:
    """Put down the event `type` with the whole `record`, to be published when the transaction has committed.

    Its id is made of key and version where none is given.
    """
    traceparent = traceparent_of(trace.get_current_span().get_span_context())
    publisher = Publisher(format_time(datetime.now(UTC)))
    publication = publisher.publication(topic, key, type, version, record, traceparent, id)
    await execute(database, insert_publications([publication]))
    await execute(database, notify(OUTBOX))
