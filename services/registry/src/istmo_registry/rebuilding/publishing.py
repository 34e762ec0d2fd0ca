"""What a rebuild publishes: of each programme and finding that came out otherwise, one event with the next version."""

import json
from datetime import UTC, datetime
from typing import Final

from istmo_common.events.outcomes import FindingRaised, ProgrammeOutcome
from istmo_common.times import format_time
from istmo_registry.rebuilding.tables import Connection
from istmo_registry.stages.publications import Publisher
from istmo_registry.store.findings import FindingRow
from istmo_registry.store.outbox import Publication, insert_publications
from istmo_registry.store.snapshot import execute

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
    publisher, count, after = Publisher(format_time(datetime.now(UTC))), 0, ""
    while rows := await (await connection.execute(_PROGRAMMES, [after, _AT_ONCE])).fetchall():
        await execute(connection, insert_publications(_programme(publisher, *row) for row in rows))
        count, after = count + len(rows), rows[-1][0]
    after = ""
    while rows := await (await connection.execute(_FINDINGS, [after, _AT_ONCE])).fetchall():
        await execute(connection, insert_publications(_finding(publisher, FindingRow(*row)) for row in rows))
        count, after = count + len(rows), rows[-1][0]
    return count


def _programme(publisher: Publisher, handle: str, version: int, outcome: str | None) -> Publication:
    if outcome is None:
        return publisher.no_programme(handle, version, None)
    return publisher.programme(handle, version, ProgrammeOutcome.model_validate_json(outcome), None)


def _finding(publisher: Publisher, row: FindingRow) -> Publication:
    if row.content is None:
        return publisher.cleared(row, None)
    return publisher.raised(FindingRaised.model_validate(json.loads(row.content) | {"version": 0}), row.version, None)
