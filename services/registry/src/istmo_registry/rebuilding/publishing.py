"""What a rebuild publishes: of each programme and finding that came out otherwise, one event with the next version."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from istmo_common.times import format_time
from istmo_registry.rebuilding.tables import Connection
from istmo_registry.stages.publications import Publisher
from istmo_registry.store.findings import FindingRow
from istmo_registry.store.outbox import insert_publications
from istmo_registry.store.snapshot import execute
from istmo_registry.store.statement import Row

__all__ = ["publish_changes"]

_AT_ONCE: Final = 500
_PROGRAMMES: Final = """
    SELECT a.handle, p.version, p.outcome FROM changed_programmes c
    JOIN programmes p USING (root) JOIN activities a ON a.id = p.root
    WHERE a.handle > %s ORDER BY a.handle LIMIT %s"""
_FINDINGS: Final = """
    SELECT f.key, f.kind, f.reporter, f.other, f.sides, f.version, f.content
    FROM changed_findings c JOIN findings f USING (key)
    WHERE f.key > %s ORDER BY f.key LIMIT %s"""


async def publish_changes(connection: Connection) -> int:
    """Put what `carry_over` noted into the outbox of the connection's own schema; how many events."""
    publisher, count = Publisher(format_time(datetime.now(UTC))), 0
    async for rows in _pages(connection, _PROGRAMMES):
        await execute(connection, insert_publications(publisher.stored_programme(*row) for row in rows))
        count += len(rows)
    async for rows in _pages(connection, _FINDINGS):
        await execute(connection, insert_publications(publisher.stored_finding(FindingRow(*row)) for row in rows))
        count += len(rows)
    return count


async def _pages(connection: Connection, query: str) -> AsyncIterator[list[Row]]:
    """What `query` finds, so much at a time, in the order of its first column."""
    after = ""
    while rows := await (await connection.execute(query, [after, _AT_ONCE])).fetchall():
        yield rows
        after = rows[-1][0]
