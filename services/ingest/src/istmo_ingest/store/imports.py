"""The journal of imports in PostgreSQL."""

from collections.abc import Callable, Mapping, Set
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from uuid_utils import uuid7

from istmo_common.disclosure import Tlp
from istmo_common.events.values import MarkingStatement
from istmo_ingest.domain.acceptance import OwnImports
from istmo_ingest.domain.imports import Import, ImportCounts, ImportedFile
from istmo_ingest.store.database import JournalDatabase

__all__ = ["ImportJournal"]

_OPEN: Final = """
    INSERT INTO imports (import_id, partner, file_name, sha256, tlp, groups)
    VALUES (%(import_id)s, %(partner)s, %(file_name)s, %(sha256)s, %(tlp)s, %(groups)s)
    ON CONFLICT (partner, sha256, tlp, groups) WHERE finished IS NULL AND withdrawn IS NULL DO NOTHING
    RETURNING *"""
_RESUME: Final = """
    SELECT * FROM imports
    WHERE partner = %(partner)s AND sha256 = %(sha256)s AND tlp = %(tlp)s AND groups = %(groups)s
        AND finished IS NULL AND withdrawn IS NULL"""
_FINISH: Final = """
    UPDATE imports
    SET finished = now(), accepted = %(accepted)s, duplicates = %(duplicates)s, refused = %(refused)s,
        transactions = %(transactions)s, complete = %(complete)s
    WHERE partner = %(partner)s AND import_id = %(import_id)s AND finished IS NULL AND withdrawn IS NULL"""
_ONE: Final = "SELECT * FROM imports WHERE partner = %(partner)s AND import_id = %(import_id)s"
_NEWEST: Final = "SELECT * FROM imports WHERE partner = %(partner)s ORDER BY import_id DESC LIMIT %(limit)s"
_OWN: Final = """
    SELECT import_id, finished IS NULL AND withdrawn IS NULL AS open FROM imports
    WHERE partner = %(partner)s AND import_id = ANY(%(import_ids)s)"""
_WITHDRAW: Final = """
    UPDATE imports SET withdrawn = now()
    WHERE partner = %(partner)s AND import_id = ANY(%(import_ids)s) AND withdrawn IS NULL"""


def _new_id() -> str:
    return str(uuid7())


class ImportJournal:
    """Opens, resumes, finishes and withdraws imports. A partner sees its own alone.

    Every method raises `ImportsUnavailable` while the database is away.
    """

    def __init__(self, pool: "AsyncConnectionPool[AsyncConnection[Any]]", new_id: Callable[[], str] = _new_id) -> None:
        self._database = JournalDatabase(pool)
        self._new_id = new_id

    async def open(self, partner: str, file: ImportedFile) -> tuple[Import, bool]:
        """The partner's open import of this file under this marking, and whether it is a new one."""
        values = {
            "import_id": self._new_id(),
            "partner": partner,
            "file_name": file.name,
            "sha256": file.sha256,
            "tlp": file.marking.tlp.value,
            "groups": sorted(set(file.marking.groups)),
        }
        while True:
            made = await self._database.rows(_OPEN, values)
            found = made or await self._database.rows(_RESUME, values)
            # Neither: it was finished between the two statements.
            if found:
                return _import(found[0]), bool(made)

    async def finish(
        self, partner: str, import_id: str, counts: ImportCounts, *, complete: bool = False
    ) -> Import | None:
        """The import, now finished; one that was finished or withdrawn before stays as it is. None where there is none.

        `complete`: the file is complete for its reporters, and the journal was told what it had.
        """
        values = {
            "partner": partner,
            "import_id": import_id,
            "accepted": counts.accepted,
            "duplicates": counts.duplicates,
            "refused": counts.refused,
            "transactions": counts.transactions,
            "complete": complete,
        }
        await self._database.execute(_FINISH, values)
        return await self.find(partner, import_id)

    async def find(self, partner: str, import_id: str) -> Import | None:
        """The partner's import of this id."""
        rows = await self._database.rows(_ONE, {"partner": partner, "import_id": import_id})
        return _import(rows[0]) if rows else None

    async def newest(self, partner: str, limit: int) -> list[Import]:
        """The partner's imports, the newest first."""
        return [_import(row) for row in await self._database.rows(_NEWEST, {"partner": partner, "limit": limit})]

    async def own(self, partner: str, import_ids: Set[str]) -> OwnImports:
        """Those of `import_ids` that are imports of the partner."""
        rows = await self._database.rows(_OWN, {"partner": partner, "import_ids": sorted(import_ids)})
        return OwnImports({row["import_id"] for row in rows if row["open"]}, {row["import_id"] for row in rows})

    async def withdraw(self, partner: str, import_ids: Set[str]) -> None:
        """Note that these imports of the partner are withdrawn; the first time stays."""
        await self._database.execute(_WITHDRAW, {"partner": partner, "import_ids": sorted(import_ids)})


def _import(row: Mapping[str, Any]) -> Import:
    marking = MarkingStatement(tlp=Tlp(row["tlp"]), groups=tuple(row["groups"]))
    counts = None
    if row["accepted"] is not None:
        counts = ImportCounts(row["accepted"], row["duplicates"], row["refused"], row["transactions"])
    return Import(
        import_id=row["import_id"],
        partner=row["partner"],
        file=ImportedFile(row["file_name"], row["sha256"], marking),
        opened=row["opened"],
        finished=row["finished"],
        counts=counts,
        complete=row["complete"],
        withdrawn=row["withdrawn"],
    )
