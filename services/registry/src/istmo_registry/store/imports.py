"""Imports as far as fold knows them: which are withdrawn. The row of an import is its lock."""

from collections.abc import Iterable

from istmo_registry.domain.ids import ImportId
from istmo_registry.store.statement import Statement, columns

__all__ = ["insert_imports", "lock_imports", "lock_imports_to_withdraw", "read_withdrawn", "withdraw_imports"]

_NAMES = "unnest(%(partner)b::text[], %(import_id)b::text[]) AS n (partner, import_id)"
_FOUND = f"SELECT i.partner, i.import_id, i.withdrawn FROM {_NAMES} JOIN imports i USING (partner, import_id)"


def insert_imports(imports: Iterable[ImportId]) -> Statement:
    """Give a row to every import that has none, in order, so that it can be locked before anything came of it."""
    return Statement(
        "imports: insert",
        f"""INSERT INTO imports (partner, import_id)
            SELECT partner, import_id FROM {_NAMES}
            ORDER BY partner COLLATE "C", import_id COLLATE "C"
            ON CONFLICT DO NOTHING""",
        columns(ImportId._fields, imports),
    )


def lock_imports(imports: Iterable[ImportId]) -> Statement:
    """Keep these imports from being withdrawn meanwhile, in order: (partner, import_id, withdrawn).

    Those who fold reports of one import do not wait for each other.
    """
    return Statement(
        "imports: lock",
        f"{_FOUND} ORDER BY i.partner, i.import_id FOR SHARE OF i",
        columns(ImportId._fields, imports),
    )


def lock_imports_to_withdraw(imports: Iterable[ImportId]) -> Statement:
    """Wait for everybody who folds reports of these imports, and keep others from it: as `lock_imports`.

    `withdraw_imports` would wait too, but for a lock that another may be waiting to raise, or in another order.
    """
    return Statement(
        "imports: lock to withdraw",
        f"{_FOUND} ORDER BY i.partner, i.import_id FOR NO KEY UPDATE OF i",
        columns(ImportId._fields, imports),
    )


def withdraw_imports(imports: Iterable[ImportId]) -> Statement:
    """Note that these imports are withdrawn, for ever."""
    return Statement(
        "imports: withdraw",
        f"""UPDATE imports i SET withdrawn = true FROM {_NAMES}
            WHERE i.partner = n.partner AND i.import_id = n.import_id""",
        columns(ImportId._fields, imports),
    )


def read_withdrawn(imports: Iterable[ImportId]) -> Statement:
    """Those of these imports that are withdrawn: (partner, import_id)."""
    return Statement(
        "imports: read",
        f"SELECT i.partner, i.import_id FROM {_NAMES} JOIN imports i USING (partner, import_id) WHERE i.withdrawn",
        columns(ImportId._fields, imports),
    )
