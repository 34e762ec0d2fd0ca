"""The registry in one process: reports folded, matched and resolved to rest, and its API in front."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from typing import Any, Final

import httpx
from fastapi import FastAPI
from psycopg import sql

from istmo_common.access import Access
from istmo_common.errors import BrokerUnavailable, LogError
from istmo_common.events.envelope import CloudEvent
from istmo_common.kafka.batches import Partition
from istmo_common.kafka.letters import Letter
from istmo_common.kafka.producer import Acknowledged, Outgoing
from istmo_common.partners import PartnerDirectory
from istmo_common.postgres import Pool, migrate, open_pool
from istmo_common.watching import Watching
from istmo_registry.api.application import Parts, application
from istmo_registry.dead_letters import LetterBox
from istmo_registry.domain.handles import handle
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS, Parameters
from istmo_registry.stages.claims import Claim, Done
from istmo_registry.stages.fold import Batch, Folding, fold
from istmo_registry.stages.incoming import read_incoming
from istmo_registry.stages.incoming_organisations import read_organisation
from istmo_registry.stages.match import Matching, match
from istmo_registry.stages.publications import Publisher
from istmo_registry.stages.resolve import resolve
from istmo_registry.stages.running import Runner
from istmo_registry.store.export import export

__all__ = ["ADMIN", "ADMIN_SHA256", "HANDLE_KEY", "Registry", "handle_of", "open_registry"]

HANDLE_KEY: Final = b"a key of thirty-two characters .."
ADMIN: Final = {"Authorization": "Bearer the-key-of-operators"}
ADMIN_SHA256: Final = hashlib.sha256(b"the-key-of-operators").hexdigest()
_PUBLISHER: Final = Publisher("2026-01-01T00:00:00.000000Z")


def handle_of(reporter: str, activity: str) -> str:
    """The id under which this activity's programme may be published."""
    return handle(HANDLE_KEY, ActivityId(reporter, activity))


@dataclass
class Registry:
    """Everything behind one address. `keys` are the headers of the partners that were added, by id.

    `runner_place`: what another runner on the same tables is made with.
    """

    parts: Parts
    app: FastAPI
    client: httpx.AsyncClient
    pool: Pool
    runner: Runner
    directory: PartnerDirectory
    runner_place: tuple[str, str, str]
    keys: dict[str, dict[str, str]] = field(default_factory=dict)

    async def fold(self, events: Iterable[CloudEvent]) -> None:
        """Fold reports one at a time, and go no further."""
        folding = Folding(partial(handle, HANDLE_KEY), PARAMETERS)
        for event in events:
            await self.runner.run(fold(Batch.of([read_incoming(event)]), folding))

    async def fold_organisations(self) -> None:
        """Fold what waits to be published of organisations, as the log would bring it, the last first and again."""
        folding = Folding(partial(handle, HANDLE_KEY), PARAMETERS)
        waiting = await self.outbox("organisations")
        for _, headers, value in [*reversed(waiting), *waiting[:1]]:
            event = CloudEvent.from_headers([(name, text.encode()) for name, text in headers.items()], value)
            await self.runner.run(fold(Batch.of([read_organisation(event)]), folding))

    async def rest(self, parameters: Parameters = PARAMETERS) -> None:
        """Match and resolve until nothing waits."""
        done: tuple[Done, ...] = ()
        while done != (Done.NOTHING, Done.NOTHING):
            done = (
                await self.runner.run(match(Claim(), Matching(parameters), 100)),
                await self.runner.run(resolve(Claim(), _PUBLISHER, 100, parameters)),
            )

    async def report(self, *events: CloudEvent, parameters: Parameters = PARAMETERS) -> None:
        """Fold reports and come to rest."""
        await self.fold(events)
        await self.rest(parameters)

    async def add_partner(self, **stated: Any) -> str:
        """Add a partner through the API, and let the service hear of it: its id."""
        form = {"kind": "civil-society", "language": "en", **stated}
        answer = await self.client.post("/v1/partners", headers=ADMIN, json=form)
        assert answer.status_code == 201, answer.text
        added = answer.json()
        self.keys[added["id"]] = {"Authorization": f"Bearer {added['key']}"}
        await self.hear()
        return str(added["id"])

    async def hear(self) -> None:
        """Give the directory what waits to be published of partners, as the log would."""
        for key, headers, value in await self.outbox("partners"):
            self.directory.apply(key, CloudEvent.from_headers([(n, t.encode()) for n, t in headers.items()], value))

    async def outbox(self, topic: str) -> list[tuple[bytes, dict[str, str], bytes]]:
        """What waits to be published on a topic: (key, headers, value), the oldest first."""
        async with self.pool.connection() as database:
            cursor = await database.execute(
                "SELECT key, headers, value FROM outbox WHERE topic = %s ORDER BY id", [topic]
            )
            return [(bytes(key), json.loads(headers), bytes(value)) async for key, headers, value in cursor]

    async def get(self, address: str, partner: str | None = None, **headers: str) -> httpx.Response:
        """What an address answers to a partner, or to the public."""
        return await self.client.get(address, headers={**self.keys.get(partner or "", {}), **headers})

    async def read(self, address: str, partner: str | None = None, **headers: str) -> Any:
        """The same where the answer must be a success: its JSON."""
        answer = await self.get(address, partner, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


class NoLog:
    """A log that is away."""

    async def send_many(self, outgoing: Sequence[Outgoing]) -> list[Acknowledged | LogError]:
        """Take nothing."""
        return [BrokerUnavailable("away") for _ in outgoing]


@asynccontextmanager
async def open_registry(url: str, schema_prefix: str) -> AsyncIterator[Registry]:
    """A registry with empty tables in a schema of its own."""
    schema = f"{schema_prefix}registry"
    directory = PartnerDirectory()
    directory.caught_up.set()
    runner = Runner(url, schema, "test")
    async with open_pool(url, schema, max_size=2) as pool:
        await migrate(pool, schema, files("istmo_registry.store") / "migrations")

        async def export_all() -> list[str]:
            return await runner.run(export(HANDLE_KEY))

        async def healthy() -> dict[str, bool]:
            return {"database": True}

        async def no_letters() -> list[Letter]:
            return []

        async def ends() -> dict[Partition, int]:
            return {}

        parts = Parts(
            pool,
            Access(directory, ADMIN_SHA256),
            export_all,
            healthy,
            Watching(ends),
            LetterBox(no_letters, NoLog(), pool),
        )
        app = application(parts)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://registry") as client:
            yield Registry(parts, app, client, pool, runner, directory, (url, schema, "test"))
        await runner.close()
        async with pool.connection() as database:
            await database.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
