"""A rebuild from its beginning to its end.

The live workers go on all the while. Twice something waits, for moments: fold, while both come to rest on the same part
of the log and are compared; and everybody, while the tables change places, in one transaction.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Final, Literal

import psycopg
from psycopg import sql

from istmo_common.kafka.topics import log_identity
from istmo_common.postgres import migrate, open_pool
from istmo_registry.claiming import Claimer, claim_rounds
from istmo_registry.domain.handles import handle
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.rebuilding.comparing import Differences, compare
from istmo_registry.rebuilding.errors import RebuildRefused
from istmo_registry.rebuilding.folding import LogFolder
from istmo_registry.rebuilding.publishing import publish_changes
from istmo_registry.rebuilding.tables import (
    Connection,
    Schemas,
    at_rest,
    carry_over,
    count_changes,
    drop,
    exchange,
    positions,
    start_numbers_apart,
)
from istmo_registry.settings import RegistrySettings
from istmo_registry.stages.fold import Folding
from istmo_registry.stages.reading import TOPICS, Folder
from istmo_registry.stages.running import Runner, connect
from istmo_registry.store import outbox
from istmo_registry.store.export import export
from istmo_registry.workers import MIGRATIONS

__all__ = ["Answer", "Outcome", "Swapping", "rebuild"]

Swapping = Literal["never", "if-different", "always"]
"""Whether the rebuilt tables take the place of the live ones."""

Answer = Callable[[], Coroutine[Any, Any, bool]]

_CLOSE_BEHIND: Final = 2_000
_ROUNDS: Final = 50
_REST_SECONDS: Final = 120.0
_LOOK_SECONDS: Final = 0.1
_CLAIMERS: Final[tuple[Claimer, ...]] = ("match", "resolve")


class Outcome(Enum):
    """How a rebuild ended."""

    EQUAL = "the live tables are what the log comes to"
    DIFFERENT = "the live tables are not what the log comes to, and are left as they are"
    SWAPPED = "the rebuilt tables are live"


@dataclass(frozen=True, slots=True)
class _Parts:
    """What one rebuild works with. `control` is the connection that compares and swaps."""

    settings: RegistrySettings
    schemas: Schemas
    control: Connection
    log: LogFolder
    end_workers: AsyncExitStack


async def rebuild(
    settings: RegistrySettings, swapping: Swapping, ask: Answer, tell: Callable[[str], object]
) -> Outcome:
    """Rebuild, compare, and swap as `swapping` says; with differences and "never" `ask` is asked once more.

    `tell` hears what is done and found. Raises `RebuildRefused`, `LogDoesNotFit`, `BrokerUnavailable`; the live tables
    are as they were then. What a rebuild that was killed left is cleared by the next.
    """
    schemas = Schemas(settings.schema_name)
    async with _alone(settings, schemas) as control, AsyncExitStack() as end_workers:
        parts = await _begin(settings, schemas, control, end_workers)
        tell("Folding the log from its start")
        await _catch_up(parts, tell)
        swapped, differences = await _compare(parts, swapping, tell)
        if not swapped and differences and await ask():
            await _catch_up(parts, tell)
            swapped, differences = await _compare(parts, "always", tell)
    if swapped:
        return Outcome.SWAPPED
    return Outcome.DIFFERENT if differences else Outcome.EQUAL


@asynccontextmanager
async def _alone(settings: RegistrySettings, schemas: Schemas) -> AsyncIterator[Connection]:
    """A connection that holds the lock of rebuilding; what is beside the live tables is gone before and after."""
    url = settings.postgres_url.get_secret_value()
    async with await connect(url, schemas.fresh, "istmo-registry rebuild") as connection:
        lock = [f"istmo rebuild of {schemas.live}"]
        row = await (await connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", lock)).fetchone()
        if row is None or not row[0]:
            raise RebuildRefused("another rebuild is at work")
        await drop(connection, schemas.fresh, schemas.replaced)
        try:
            yield connection
        finally:
            with contextlib.suppress(psycopg.Error):
                await connection.rollback()
                await drop(connection, schemas.fresh, schemas.replaced)


async def _begin(
    settings: RegistrySettings, schemas: Schemas, control: Connection, end_workers: AsyncExitStack
) -> _Parts:
    url = settings.postgres_url.get_secret_value()
    cluster = await log_identity(settings.kafka)
    _, clusters = await positions(control, schemas)
    if clusters - {cluster}:
        raise RebuildRefused(f"the live tables had read a log with another id than {cluster}: restore them first")
    async with open_pool(url, schemas.fresh, max_size=1) as pool:
        await migrate(pool, schemas.fresh, MIGRATIONS)
    await start_numbers_apart(control, schemas)
    runner = Runner(url, schemas.fresh, "istmo-registry rebuild fold")
    end_workers.push_async_callback(runner.close)
    handle_of = partial(handle, settings.handle_key.get_secret_value().encode())
    folder = Folder(runner, Folding(handle_of, PARAMETERS))
    await end_workers.enter_async_context(_workers(url, schemas.fresh))
    log = LogFolder(settings.kafka, settings.topic_prefix, cluster, folder)
    return _Parts(settings, schemas, control, log, end_workers)


@asynccontextmanager
async def _workers(url: str, schema: str) -> AsyncIterator[None]:
    """Match and resolve at work on the fresh tables, by the very code that works on the live ones."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for stage in _CLAIMERS:
            group.create_task(claim_rounds(url, schema, f"istmo-registry rebuild {stage}", stage, stop))
        try:
            yield
        finally:
            stop.set()


async def _catch_up(parts: _Parts, tell: Callable[[str], object]) -> None:
    """Fold until the live tables are not far ahead."""
    for _ in range(_ROUNDS):
        bounds = await _bounds(parts)
        if sum(bounds.values()) - parts.log.read <= _CLOSE_BEHIND:
            break
        await parts.log.fold_until(bounds)
        tell(f"{parts.log.read} records are folded")


async def _bounds(parts: _Parts) -> dict[Any, int]:
    read, _ = await positions(parts.control, parts.schemas)
    return {partition: at for partition, at in read.items() if partition.topic in TOPICS}


async def _compare(parts: _Parts, swapping: Swapping, tell: Callable[[str], object]) -> tuple[bool, Differences]:
    """Both at rest on the same part of the log: what differs, and whether the tables changed places."""
    control, schemas = parts.control, parts.schemas
    await control.execute("BEGIN")
    try:
        await control.execute(schemas.fill("LOCK TABLE {live}.offsets IN SHARE MODE"))
        await parts.log.fold_until(await _bounds(parts))
        await _rest(parts)
        differences = await _differences(parts)
        for words in differences.words() if differences else ["No difference"]:
            tell(words)
        swap = swapping == "always" or (swapping == "if-different" and bool(differences))
        if swap:
            await parts.end_workers.aclose()
            published = await _swap(control, schemas)
            tell(f"The rebuilt tables are live; {published} events are published")
        await control.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(psycopg.Error):
            await control.execute("ROLLBACK")
        raise
    return swap, differences


async def _rest(parts: _Parts) -> None:
    try:
        async with asyncio.timeout(_REST_SECONDS):
            while not await at_rest(parts.control, parts.schemas):  # noqa: ASYNC110 - two schemas, any number of workers
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise RebuildRefused(
            f"match and resolve did not come to rest within {_REST_SECONDS:.0f} s: are their workers running?"
        ) from None


async def _differences(parts: _Parts) -> Differences:
    live, rebuilt = await _export(parts, parts.schemas.live), await _export(parts, parts.schemas.fresh)
    return compare(live, rebuilt, *await count_changes(parts.control, parts.schemas))


async def _export(parts: _Parts, schema: str) -> list[str]:
    runner = Runner(parts.settings.postgres_url.get_secret_value(), schema, "istmo-registry rebuild export")
    try:
        return await runner.run(export(parts.settings.handle_key.get_secret_value().encode()))
    finally:
        await runner.close()


async def _swap(control: Connection, schemas: Schemas) -> int:
    # Whoever is in a transaction on the live tables ends it first; one that begins from now on begins on the new ones.
    await control.execute(schemas.fill("LOCK TABLE {live}.lanes IN ACCESS EXCLUSIVE MODE"))
    await carry_over(control, schemas)
    published = await publish_changes(control)
    await exchange(control, schemas)
    await control.execute(sql.SQL("SELECT pg_notify({}, '')").format(sql.Literal(f"{schemas.live}.{outbox.OUTBOX}")))
    return published
