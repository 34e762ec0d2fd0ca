"""Several brokers side by side that keep one log: one of three may be lost, and its disk with it."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from istmo_stack.errors import StartTimeout
from istmo_stack.kafka import LocalKafka, Seat, new_cluster_id
from istmo_stack.ports import free_port

__all__ = ["LocalCluster"]


class LocalCluster:
    """Brokers on this machine. Its methods block; each of `brokers` is killed and brought back by itself."""

    def __init__(self, brokers: list[LocalKafka]) -> None:
        self.brokers = brokers

    @classmethod
    def of(cls, data_dir: Path, size: int = 3) -> Self:
        """A new cluster of so many, each with a folder of its own below `data_dir`, on free ports."""
        nodes = range(1, size + 1)
        controllers, cluster_id = {node: free_port() for node in nodes}, new_cluster_id()
        return cls(
            [LocalKafka(data_dir / str(node), free_port(), seat=Seat(node, controllers, cluster_id)) for node in nodes]
        )

    @property
    def bootstrap_servers(self) -> str:
        """The addresses for clients, `host:port`, with commas between."""
        return ",".join(broker.bootstrap_servers for broker in self.brokers)

    def start(self) -> None:
        """Start every broker."""
        for broker in self.brokers:
            broker.start()

    def wait_healthy(self, timeout_seconds: float = 60.0) -> None:
        """Return once all of them belong to it, so that topics can have a copy on each. Raises StartTimeout."""
        deadline = time.monotonic() + timeout_seconds
        while self._members() < len(self.brokers):
            if time.monotonic() > deadline:
                words = "; ".join(broker.child.last_words(5) for broker in self.brokers)
                raise StartTimeout(f"the brokers have not found one another after {timeout_seconds:.0f} s; {words}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End every broker with SIGKILL."""
        for broker in self.brokers:
            broker.kill()

    def _members(self) -> int:
        # In a thread of its own: whoever asks may be running an event loop.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(_members(self.bootstrap_servers))).result()


async def _members(bootstrap_servers: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=3000)
    try:
        async with asyncio.timeout(5):
            await admin.start()
            return len((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return 0
    finally:
        await admin.close()
