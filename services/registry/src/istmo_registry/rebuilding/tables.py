"""The tables beside the live ones: measured against them, filled up from them, and put in their place."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from psycopg import AsyncConnection, sql

from istmo_common.kafka.batches import Partition

__all__ = [
    "CARRIED",
    "DERIVED",
    "OF_THE_STAGES",
    "Schemas",
    "at_rest",
    "carry_over",
    "count_changes",
    "drop",
    "exchange",
    "positions",
    "start_numbers_apart",
]

Connection = AsyncConnection[Any]

CARRIED: Final = (
    "partners",
    "partner_keys",
    "settled_letters",
)
"""What the registry itself keeps, and at most tells of in the log: taken over as it is, in this order."""

DERIVED: Final = frozenset({
    "event_ids", "copies", "activities", "activity_references", "transactions", "blocking_keys", "key_counts", "pairs",
    "directory", "organisations", "organisation_identifiers", "organisation_aliases", "organisation_merges",
    "members", "programmes", "entries", "entry_splits", "findings", "finding_support", "imports",
})  # fmt: skip
"""What follows from the log: folded anew. Of programmes and findings the versions are carried over, of
organisations what the log is still to hear."""

OF_THE_STAGES: Final = frozenset({
    "applied_migrations", "arrivals", "dirty", "lanes", "offsets", "outbox", "parked", "stage_records", "work",
})  # fmt: skip
"""What the stages keep of their own work; what of it must not be lost is in carry_over.sql."""

# Row ids are never used in both: what a worker remembers by them is never taken for something else.
_APART: Final = 2**40

_IDENTITIES: Final = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = %s AND is_identity = 'YES' ORDER BY 1, 2"""
_LAST_NUMBER: Final = "SELECT coalesce(max(last_value), 0) FROM pg_sequences WHERE schemaname = %s"
_COLUMNS: Final = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = %s AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position"""

_CARRY_OVER: Final = (files(__package__) / "carry_over.sql").read_text(encoding="utf-8")

_COUNT: Final = """
    SELECT (SELECT count(*)
        FROM (SELECT handle, outcome FROM {live}.programmes JOIN {live}.activities ON id = root) l
        FULL JOIN (SELECT handle, outcome FROM {fresh}.programmes JOIN {fresh}.activities ON id = root) f USING (handle)
        WHERE l.outcome IS DISTINCT FROM f.outcome),
    (SELECT count(*) FROM {live}.findings l FULL JOIN {fresh}.findings f USING (key)
     WHERE l.content IS DISTINCT FROM f.content),
    (SELECT count(*) FROM {live}.organisation_merges l FULL JOIN {fresh}.organisation_merges f USING (id)
     WHERE l.data IS DISTINCT FROM f.data)
    + (SELECT count(*) FROM {fresh}.organisations f LEFT JOIN {live}.organisations l USING (id)
       WHERE l.version IS NULL OR l.version < f.version
           OR (l.version = f.version
               AND (l.name_es, l.name_en, l.kind, l.family) IS DISTINCT FROM (f.name_es, f.name_en, f.kind, f.family)))
    """


@dataclass(frozen=True, slots=True)
class Schemas:
    """`live` is the one that everybody works on, `fresh` the one beside it; `replaced` what was live before."""

    live: str

    @property
    def fresh(self) -> str:
        """The name of the tables that are being rebuilt."""
        return f"{self.live}_rebuild"

    @property
    def replaced(self) -> str:
        """The name of the former live tables, until they are dropped."""
        return f"{self.live}_replaced"

    def fill(self, statement: str) -> sql.Composed:
        """A statement over both."""
        return sql.SQL(statement).format(live=sql.Identifier(self.live), fresh=sql.Identifier(self.fresh))


async def drop(connection: Connection, *schemas: str) -> None:
    """Drop these, where they are."""
    for schema in schemas:
        await connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


async def start_numbers_apart(connection: Connection, schemas: Schemas) -> None:
    """Have the row ids of the fresh tables begin far above those of the live ones."""
    (last,) = await (await connection.execute(_LAST_NUMBER, [schemas.live])).fetchone() or (0,)
    first = (last // _APART + 1) * _APART
    for table, column in await (await connection.execute(_IDENTITIES, [schemas.fresh])).fetchall():
        await connection.execute(
            sql.SQL("ALTER TABLE {} ALTER COLUMN {} RESTART WITH {}").format(
                sql.Identifier(schemas.fresh, table), sql.Identifier(column), sql.Literal(first)
            )
        )


async def positions(connection: Connection, schemas: Schemas) -> tuple[dict[Partition, int], set[str]]:
    """How far the live tables have read each partition, and of which logs."""
    cursor = await connection.execute(schemas.fill("SELECT topic, partition, position, cluster FROM {live}.offsets"))
    rows = await cursor.fetchall()
    return {Partition(topic, number): at for topic, number, at, _ in rows}, {row[3] for row in rows}


async def at_rest(connection: Connection, schemas: Schemas) -> bool:
    """Whether nothing waits for match or resolve, in either."""
    waiting = " OR ".join(
        f"EXISTS (SELECT FROM {{{side}}}.{table})" for side in ("live", "fresh") for table in ("dirty", "work")
    )
    row = await (await connection.execute(schemas.fill(f"SELECT NOT ({waiting})"))).fetchone()
    return bool(row and row[0])


async def count_changes(connection: Connection, schemas: Schemas) -> tuple[int, int, int]:
    """How many programmes and findings would be published anew; how many records and merges are not what the log says.

    What the log is still to hear of organisations is newer in the live tables, and no difference.
    """
    row = await (await connection.execute(schemas.fill(_COUNT))).fetchone() or (0, 0, 0)
    programmes, findings, organisations = row
    return programmes, findings, organisations


async def carry_over(connection: Connection, schemas: Schemas) -> None:
    """Take over what does not follow from the log, and versions; note what changed in temporary tables."""
    for table in CARRIED:
        rows = await (await connection.execute(_COLUMNS, [schemas.fresh, table])).fetchall()
        names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in rows)
        await connection.execute(
            sql.SQL("INSERT INTO {} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {}").format(
                sql.Identifier(schemas.fresh, table), sql.Identifier(schemas.live, table), names=names
            )
        )
    await connection.execute(schemas.fill(_CARRY_OVER))


async def exchange(connection: Connection, schemas: Schemas) -> None:
    """Give the fresh tables the name of the live ones."""
    for old, new in ((schemas.live, schemas.replaced), (schemas.fresh, schemas.live)):
        await connection.execute(
            sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
        )
