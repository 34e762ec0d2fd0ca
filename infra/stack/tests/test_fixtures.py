"""The fixtures that every other test of the platform stands on."""

import asyncio
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from istmo_stack.testing import Broker, Server

_DROPPED = """
import psycopg
import pytest

names = []

def test_makes_schemas(postgres, schema_prefix):
    names.extend(f"{schema_prefix}{each}" for each in ("ingest", "registry", "notify"))
    with psycopg.connect(postgres.url) as connection:
        for name in names:
            connection.execute(f"CREATE SCHEMA {name}")
            connection.execute(f"CREATE TABLE {name}.things (id int)")

def test_finds_none(postgres):
    with psycopg.connect(postgres.url) as connection:
        left = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", (names,)).fetchall()
    assert names and [] == left
"""


async def test_broker_takes_the_largest_events(kafka: Broker, topic_prefix: str) -> None:
    """A test can make a topic of its own and write a batch of the largest events that a partner may send."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(f"{topic_prefix}activities", num_partitions=1, replication_factor=1)])
    await admin.close()
    async with AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers,
        enable_idempotence=True,
        max_batch_size=8 * 1024 * 1024,
        max_request_size=9 * 1024 * 1024,
        linger_ms=50,
    ) as producer:
        events = [producer.send_and_wait(f"{topic_prefix}activities", bytes(1024 * 1024)) for _ in range(7)]
        sent = await asyncio.gather(*events)
    assert list(range(7)) == [each.offset for each in sent]


def test_schemas_of_a_test_are_dropped_after_it(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next test starts on a database without a trace of the last one."""
    (tmp_path / "test_schemas.py").write_text(_DROPPED)
    monkeypatch.setenv("ISTMO_POSTGRES_URL", postgres.url)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "istmo_stack.testing", "-p", "no:randomly", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (0, True) == (done.returncode, "2 passed" in done.stdout), done.stdout


def test_database_asks_for_its_password(postgres: Server) -> None:
    """Another user of the machine cannot read the tables."""
    password = postgres.url.split("@")[0].rpartition(":")[2]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url.replace(password, "another"))
