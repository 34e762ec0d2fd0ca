"""Every topic of the platform, declared in one place, and created or checked before it is used.

`python -m istmo_common.kafka.topics` does so with the settings of the environment.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from istmo_common.errors import BrokerUnavailable, TopicMismatch
from istmo_common.settings import CommonSettings

__all__ = [
    "LARGEST_RECORD_BYTES",
    "MAX_EVENT_BYTES",
    "TOPICS",
    "Cleanup",
    "TopicSpec",
    "ensure_topics",
    "log_answers",
    "log_identity",
    "partition_numbers",
]

MAX_EVENT_BYTES: Final = 1024 * 1024
"""The data of one event as partners may post it."""

_MIB: Final = 1024 * 1024
_ANSWER_SECONDS: Final = 1.5


class Cleanup(StrEnum):
    """What Kafka does with old records: delete by age, or keep the newest of each key."""

    DELETE = "delete"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as declared. `retention` None keeps records for ever; `max_message_bytes` bounds a whole record."""

    name: str
    cleanup: Cleanup = Cleanup.DELETE
    retention: timedelta | None = None
    max_message_bytes: int = 2 * _MIB

    def configuration(self, replication_factor: int) -> dict[str, str]:
        """The topic's settings under Kafka's own names."""
        settings = {
            "cleanup.policy": self.cleanup.value,
            "max.message.bytes": str(self.max_message_bytes),
            # One copy may be lost without stopping writes, and an acknowledgement never stands on one copy alone.
            "min.insync.replicas": str(2 if replication_factor > 2 else 1),
        }
        if self.cleanup is Cleanup.COMPACT:
            # An open segment is never compacted; readers from the beginning read the less, the sooner it closes.
            return settings | {"segment.ms": str(6 * 3_600_000), "delete.retention.ms": str(7 * 86_400_000)}
        keep = -1 if self.retention is None else int(self.retention / timedelta(milliseconds=1))
        return settings | {"retention.ms": str(keep), "retention.bytes": "-1"}


TOPICS: Final[dict[str, TopicSpec]] = {
    spec.name: spec
    for spec in (
        TopicSpec("activities"),
        TopicSpec("transactions"),
        TopicSpec("decisions"),
        TopicSpec("partners", Cleanup.COMPACT),
        TopicSpec("organisations"),
        # One record carries the outcomes of a whole component, each with all of its members.
        TopicSpec("programmes", Cleanup.COMPACT, max_message_bytes=8 * _MIB),
        TopicSpec("findings"),
        TopicSpec("alerts", retention=timedelta(days=90)),
        TopicSpec("clock"),
        # A dead letter is the original with a reason around it, so it must hold the largest of all.
        TopicSpec("dead-letters", retention=timedelta(days=30), max_message_bytes=8 * _MIB + 65_536),
    )
}


LARGEST_RECORD_BYTES: Final = max(spec.max_message_bytes for spec in TOPICS.values())


async def ensure_topics(
    bootstrap_servers: str,
    prefix: str = "",
    *,
    partitions: int = 4,
    replication_factor: int = 1,
    specs: Iterable[TopicSpec] = TOPICS.values(),
    timeout_seconds: float = 30.0,
) -> None:
    """Create each topic that is missing (its name behind `prefix`), check the others, wait until all can be written.

    Raises `TopicMismatch` where a topic keeps or limits records otherwise than declared, `BrokerUnavailable` when
    the broker gives no answer within `timeout_seconds`. Any number of processes may do this at the same time.
    """
    wanted = {prefix + spec.name: spec for spec in specs}
    try:
        async with asyncio.timeout(timeout_seconds), _admin(bootstrap_servers) as admin:
            present = set(await admin.list_topics())
            missing = {name: spec for name, spec in wanted.items() if name not in present}
            await _create(admin, missing, partitions, replication_factor)
            await _wait_writable(admin, list(wanted))
            await _check(admin, wanted)
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"the topics could not be checked at {bootstrap_servers}: {error!r}") from error


async def log_identity(bootstrap_servers: str) -> str:
    """The id of the cluster, by which stored positions know their log. Raises `BrokerUnavailable`."""
    try:
        async with asyncio.timeout(10.0), _admin(bootstrap_servers) as admin:
            return str((await admin.describe_cluster())["cluster_id"])
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"no broker answers at {bootstrap_servers}: {error!r}") from error


async def log_answers(bootstrap_servers: str) -> bool:
    """Whether a broker answers within 1.5 seconds: a connection that nothing was sent over does not tell."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await log_identity(bootstrap_servers)
    except (BrokerUnavailable, TimeoutError):
        return False
    return True


async def partition_numbers(bootstrap_servers: str, topic: str) -> list[int]:
    """The partitions of a topic (with its prefix). Raises `BrokerUnavailable`, also where there is no such topic."""
    try:
        async with asyncio.timeout(10.0), _admin(bootstrap_servers) as admin:
            [found] = await admin.describe_topics([topic])
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"no broker answers at {bootstrap_servers}: {error!r}") from error
    if found["error_code"] != 0:
        raise BrokerUnavailable(f"there is no topic {topic}: {for_code(found['error_code']).__name__}")
    return sorted(partition["partition"] for partition in found["partitions"])


@asynccontextmanager
async def _admin(bootstrap_servers: str) -> AsyncIterator[Any]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=10_000)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def _create(admin: Any, specs: dict[str, TopicSpec], partitions: int, replication_factor: int) -> None:
    if not specs:
        return
    answer = await admin.create_topics(
        [
            NewTopic(name, partitions, replication_factor, topic_configs=spec.configuration(replication_factor))
            for name, spec in specs.items()
        ]
    )
    for name, code, *message in answer.topic_errors:
        # Another process may have been quicker.
        if code not in (0, TopicAlreadyExistsError.errno):
            raise TopicMismatch(f"the broker did not create the topic {name}: {for_code(code).__name__} {message}")


async def _wait_writable(admin: Any, names: list[str]) -> None:
    # A topic is there before its partitions have leaders, and only then can it be written.
    while True:
        topics = await admin.describe_topics(names)
        if all(t["error_code"] == 0 and t["partitions"] and _led(t["partitions"]) for t in topics):
            return
        await asyncio.sleep(0.05)


def _led(partitions: list[dict[str, Any]]) -> bool:
    return all(partition["leader"] >= 0 for partition in partitions)


async def _check(admin: Any, wanted: dict[str, TopicSpec]) -> None:
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in sorted(wanted)])
    for answer in answers:
        for _, _, _, name, entries in answer.resources:
            found = {entry[0]: entry[1] for entry in entries}
            _compare(name, wanted[name], found)


def _compare(name: str, spec: TopicSpec, found: dict[str, str]) -> None:
    declared = spec.configuration(replication_factor=1)
    # How many copies must answer, and when segments close, are the operator's to tune; what is kept is not.
    kept = declared.keys() & {"cleanup.policy", "retention.ms", "retention.bytes"}
    wrong = {setting: declared[setting] for setting in sorted(kept) if found.get(setting) != declared[setting]}
    if int(found["max.message.bytes"]) < spec.max_message_bytes:
        wrong["max.message.bytes"] = declared["max.message.bytes"]
    if wrong:
        stated = ", ".join(f"{setting}={found.get(setting)}" for setting in wrong)
        remedy = ",".join(f"{setting}={value}" for setting, value in wrong.items())
        raise TopicMismatch(
            f"the topic {name} has {stated}; set it right with: "
            f"kafka-configs.sh --alter --entity-type topics --entity-name {name} --add-config {remedy}"
        )


async def _main(settings: CommonSettings) -> None:
    await ensure_topics(
        settings.kafka,
        settings.topic_prefix,
        partitions=settings.partitions,
        replication_factor=settings.replication_factor,
    )


if __name__ == "__main__":
    asyncio.run(_main(CommonSettings()))
