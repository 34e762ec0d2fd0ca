"""Activities: the rows that every stage locks, what is known of them, and what matching reads."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from istmo_registry.domain.features import FeatureRow, Features, Reference, no_features
from istmo_registry.domain.ids import ActivityId
from istmo_registry.store.statement import Row, Statement, array_literal, columns

__all__ = [
    "ActivityRow",
    "delete_references",
    "features_in",
    "insert_names",
    "insert_references",
    "lock",
    "lock_names",
    "read_feature_versions",
    "read_features",
    "read_named",
    "read_naming",
    "read_parties",
    "read_present",
    "update",
    "update_with_reports",
]

_FEATURES = ", ".join(FeatureRow._fields)
_DATES = {"starts": "date", "ends": "date"}
# Lists travel as text: an array of arrays of different lengths is none.
_COLUMNS = [(name, "" if name in (*_DATES, "hierarchy") else "::text[]") for name in FeatureRow._fields]
_NAMES = "unnest(%(reporter)b::text[], %(activity)b::text[]) AS n (reporter, activity)"


class ActivityRow(NamedTuple):
    """An activity as fold knows it; `features` is None while it is not matchable.

    `share` is what it brings into a side of a finding (`outcomes.Share`), `parties` whom it names
    (`parties.parties_of`); both are None while nothing was reported of it.
    """

    id: int
    name: ActivityId
    state: str
    current_copy: int | None
    governing_copy: int | None
    reported_copy: int | None
    clear: bool | None
    older_report: bool
    id_conflict: bool
    share: str | None
    parties: str | None
    features: Features | None

    @classmethod
    def of(cls, row: Row) -> "ActivityRow":
        """From a row of `lock_names`."""
        name = ActivityId(row[1], row[2])
        features = Features.from_row(name, FeatureRow(*row[13:])) if row[12] else None
        return cls._make((row[0], name, *row[3:12], features))

    @classmethod
    def empty(cls, row: Row) -> "ActivityRow":
        """From a row of `insert_names`."""
        return cls(
            row[0], ActivityId(row[1], row[2]), "unknown", None, None, None, None, False, False, None, None, None
        )


def insert_names(names: Iterable[tuple[ActivityId, str]]) -> Statement:
    """Give an empty row to every activity (with its handle) that has none, in order.

    (id, reporter, activity) of those that had none: nobody else sees these rows before they are committed.
    """
    return Statement(
        "activities: insert",
        """INSERT INTO activities (reporter, activity, handle)
           SELECT reporter, activity, handle
           FROM unnest(%(reporter)b::text[], %(activity)b::text[], %(handle)b::text[]) AS n (reporter, activity, handle)
           ORDER BY reporter COLLATE "C", activity COLLATE "C"
           ON CONFLICT (reporter, activity) DO NOTHING
           RETURNING id, reporter, activity""",
        columns(("reporter", "activity", "handle"), ((*name, handle) for name, handle in names)),
    )


def lock_names(names: Iterable[ActivityId], ids: Collection[int]) -> Statement:
    """Lock in id order the activities of these names and those of these ids; rows for `ActivityRow.of`."""
    return Statement(
        "activities: lock by name",
        f"""SELECT id, reporter, activity, state, current_copy, governing_copy, reported_copy, clear, older_report,
                id_conflict, share, parties, matchable, {_FEATURES}
            FROM activities
            WHERE id IN (SELECT a.id FROM {_NAMES} JOIN activities a USING (reporter, activity)
                         UNION SELECT unnest(%(ids)b::bigint[]))
            ORDER BY id FOR NO KEY UPDATE""",
        columns(("reporter", "activity"), names) | {"ids": list(ids)},
    )


def lock(ids: Iterable[int]) -> Statement:
    """Lock these activities in id order: (id, feature_version)."""
    return Statement(
        "activities: lock",
        """SELECT id, feature_version FROM activities WHERE id = ANY(%(ids)b::bigint[])
           ORDER BY id FOR NO KEY UPDATE""",
        {"ids": sorted(ids)},
    )


def update(changed: Iterable[tuple[ActivityRow, bool]]) -> Statement:
    """Store what changed of activities whose newest report is the same: each row, and whether its features changed."""
    return _update("activities: update", ((row, refeatured, None) for row, refeatured in changed), "")


def update_with_reports(changed: Iterable[tuple[ActivityRow, bool, str | None]]) -> Statement:
    """Store what changed, as `update`, with the newest report without its transactions."""
    # Apart from the other: whatever sets a report has what is generated from it computed anew.
    return _update("activities: update with reports", changed, ", report = n.report")


def _update(name: str, changed: Iterable[tuple[ActivityRow, bool, str | None]], more: str) -> Statement:
    rows = []
    for row, refeatured, report in changed:
        flat = row.features.row() if row.features is not None else no_features()
        lists = [array_literal(value) if isinstance(value, list) else value for value in flat]
        matchable = row.features is not None
        rows.append((row.id, *row[2:11], report, int(refeatured), matchable, *lists))
    stored = ("id", "state", "current_copy", "governing_copy", "reported_copy", "clear", "older_report")
    names = (*stored, "id_conflict", "share", "parties", "report", "refeatured", "matchable", *FeatureRow._fields)
    return Statement(
        name,
        f"""UPDATE activities a SET state = n.state, current_copy = n.current_copy, governing_copy = n.governing_copy,
               reported_copy = n.reported_copy, clear = n.clear, older_report = n.older_report,
               id_conflict = n.id_conflict, share = n.share, parties = n.parties,
               feature_version = a.feature_version + n.refeatured,
               matchable = n.matchable, {", ".join(f"{name} = n.{name}{cast}" for name, cast in _COLUMNS)}{more}
           FROM unnest(%(id)b::bigint[], %(state)b::text[], %(current_copy)b::bigint[], %(governing_copy)b::bigint[],
               %(reported_copy)b::bigint[], %(clear)b::boolean[], %(older_report)b::boolean[],
               %(id_conflict)b::boolean[], %(share)b::text[], %(parties)b::text[], %(report)b::text[],
               %(refeatured)b::bigint[], %(matchable)b::boolean[],
               {", ".join(f"%({name})b::{_DATES.get(name, 'text')}[]" for name, _ in _COLUMNS)})
               AS n (id, state, current_copy, governing_copy, reported_copy, clear, older_report, id_conflict, share,
                   parties, report, refeatured, matchable, {_FEATURES})
           WHERE a.id = n.id""",
        columns(names, rows),
    )


def delete_references(activities: Collection[int]) -> Statement:
    """Take away what these activities refer to."""
    return Statement(
        "references: delete",
        "DELETE FROM activity_references WHERE activity = ANY(%(ids)b::bigint[])",
        {"ids": list(activities)},
    )


def insert_references(stated: Iterable[tuple[int, Reference]]) -> Statement:
    """Put down what activities refer to."""
    return Statement(
        "references: insert",
        """INSERT INTO activity_references (activity, kind, target)
           SELECT * FROM unnest(%(activity)b::bigint[], %(kind)b::text[], %(target)b::text[])""",
        columns(("activity", "kind", "target"), ((activity, *reference) for activity, reference in stated)),
    )


def read_feature_versions(ids: Iterable[int]) -> Statement:
    """Of these activities: (id, feature_version, the table that they are in)."""
    return Statement(
        "activities: read feature versions",
        "SELECT id, feature_version, tableoid::bigint FROM activities WHERE id = ANY(%(ids)b::bigint[])",
        {"ids": list(ids)},
    )


def read_features(ids: Iterable[int]) -> Statement:
    """What matching reads of these activities; rows for `features_in`."""
    return Statement(
        "activities: read features",
        f"""SELECT id, feature_version, matchable, reporter, activity, {_FEATURES}
            FROM activities WHERE id = ANY(%(ids)b::bigint[])""",
        {"ids": list(ids)},
    )


def read_parties() -> Statement:
    """Whom activities name: each (identifier, names, home) once. Reads all of them."""
    return Statement(
        "activities: read parties",
        """SELECT DISTINCT party ->> 1, party -> 2, party ->> 5
           FROM activities, jsonb_array_elements(parties::jsonb) AS p (party) WHERE matchable""",
    )


def read_naming(parties: Iterable[tuple[str | None, Sequence[str], str | None]]) -> Statement:
    """The activities (id,) that name one of these (identifier, names, home). Reads all of them."""
    rows = [(identifier, json.dumps(list(names)), home) for identifier, names, home in parties]
    return Statement(
        "activities: read naming",
        """SELECT DISTINCT id FROM activities, jsonb_array_elements(parties::jsonb) AS p (party)
           JOIN unnest(%(identifier)b::text[], %(names)b::text[], %(home)b::text[]) AS n (identifier, names, home)
               ON n.identifier IS NOT DISTINCT FROM party ->> 1 AND n.names::jsonb = party -> 2
                  AND n.home IS NOT DISTINCT FROM party ->> 5
           WHERE matchable""",
        columns(("identifier", "names", "home"), rows),
    )


def features_in(rows: Iterable[Row]) -> dict[int, tuple[int, Features | None]]:
    """By activity: the version of its features, and the features (None while not matchable)."""
    return {
        row[0]: (row[1], Features.from_row(ActivityId(row[3], row[4]), FeatureRow(*row[5:])) if row[2] else None)
        for row in rows
    }


def read_named(ids: Iterable[int]) -> Statement:
    """What resolving reads of what stands beside: (id, reporter, activity, handle, share, whether that is missing)."""
    return Statement(
        "activities: read named",
        """SELECT id, reporter, activity, handle, share, share IS NULL AND report IS NOT NULL
           FROM activities WHERE id = ANY(%(ids)b::bigint[])""",
        {"ids": list(ids)},
    )


def read_present(ids: Iterable[int]) -> Statement:
    """What resolving reads of what it resolves.

    (id, reporter, activity, handle, state, clear, older_report, id_conflict, report).
    """
    return Statement(
        "activities: read",
        """SELECT id, reporter, activity, handle, state, clear, older_report, id_conflict, report
           FROM activities WHERE id = ANY(%(ids)b::bigint[])""",
        {"ids": list(ids)},
    )
