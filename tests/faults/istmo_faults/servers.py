"""Kafka, PostgreSQL and Valkey of one's own, to be stopped, killed and starved."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from istmo_faults.world import Places
from istmo_stack.cluster import LocalCluster
from istmo_stack.ports import free_port
from istmo_stack.postgres import LocalPostgres
from istmo_stack.valkey import LocalValkey

__all__ = ["Servers", "running_servers"]


@dataclass(frozen=True)
class Servers:
    """One broker or several, and one of each of the others."""

    kafka: LocalCluster
    postgres: LocalPostgres
    valkey: LocalValkey

    def places(self) -> Places:
        """A new platform on them."""
        copies = len(self.kafka.brokers)
        return Places.on(self.kafka.bootstrap_servers, self.postgres.url, self.valkey.url, copies)


@contextmanager
def running_servers(folder: Path, brokers: int) -> Iterator[Servers]:
    """Servers that keep their data below `folder`; they end with the block."""
    servers = Servers(
        LocalCluster.of(folder / "kafka", brokers),
        LocalPostgres(folder / "postgres", free_port()),
        LocalValkey(folder / "valkey", free_port()),
    )
    with ExitStack() as stack:
        for server in (servers.kafka, servers.postgres, servers.valkey):
            server.start()
            stack.callback(server.kill if not isinstance(server, LocalPostgres) else server.remove)
        for server in (servers.kafka, servers.postgres, servers.valkey):
            server.wait_healthy()
        yield servers
