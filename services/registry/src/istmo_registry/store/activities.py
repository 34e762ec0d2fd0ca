"""Activities: the rows that every stage locks, what is known of them, and what matching reads."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from istmo_registry.domain.features import FeatureRow, Features, no_features
from istmo_registry.domain.ids import ActivityId
from istmo_registry.store.statement import Row, Statement, array_literal, columns

__all__ = [
    "ActivityRow",
    "features_in",
    "insert_names",
    "lock",
    "lock_names",
    "read_feature_versions",
    "read_features",
    "read_marked",
    "read_present",
    "replace_references",
    "update",
]

_FEATURES = ", ".join(FeatureRow._fields)
_DATES = {"starts": "date", "ends": "date"}
# Lists travel as text: an array of arrays of different lengths is none.
_COLUMNS = [(name, "" if name in (*_DATES, "hierarchy") else "::text[]") for name in FeatureRow._fields]
_NAMES = "unnest(%(reporter)b::text[], %(activity)b::text[]) AS n (reporter, activity)"


class ActivityRow(NamedTuple):
    """An activity as fold knows it; `features` is None while it is not matchable."""

    id: int
    name: ActivityId
    state: str
    current_copy: int | None
    governing_copy: int | None
    reported_copy: int | None
    clear: bool | None
    older_report: bool
    id_conflict: bool
    features: Features | None

    @classmethod
    def of(cls, row: Row) -> "ActivityRow":
        """From a row of `lock_names`."""
        name = ActivityId(row[1], row[2])
        features = Features.from_row(name, FeatureRow(*row[11:])) if row[10] else None
        return cls._make((row[0], name, *row[3:10], features))


def insert_names(names: Iterable[tuple[ActivityId, str]]) -> Statement:
    """Give an empty row to every activity (with its handle) that has none, in order."""
    return Statement(
        "activities: insert",
        """INSERT INTO activities (reporter, activity, handle)
           SELECT reporter, activity, handle
           FROM unnest(%(reporter)b::text[], %(activity)b::text[], %(handle)b::text[]) AS n (reporter, activity, handle)
           ORDER BY reporter COLLATE "C", activity COLLATE "C"
           ON CONFLICT (reporter, activity) DO NOTHING""",
        columns(("reporter", "activity", "handle"), ((*name, handle) for name, handle in names)),
    )


def lock_names(names: Iterable[ActivityId], ids: Collection[int]) -> Statement:
    """Lock in id order the activities of these names and those of these ids; rows for `ActivityRow.of`."""
    return Statement(
        "activities: lock by name",
        f"""SELECT id, reporter, activity, state, current_copy, governing_copy, reported_copy, clear, older_report,
                id_conflict, matchable, {_FEATURES}
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


def update(changed: Collection[tuple[ActivityRow, str | None, bool]]) -> Statement:
    """Store what changed: each row with its report and whether its features changed.

    The report, without its transactions, is needed only where another copy than before is the newest.
    """
    rows = []
    for row, report, refeatured in changed:
        flat = row.features.row() if row.features is not None else no_features()
        lists = [array_literal(value) if isinstance(value, list) else value for value in flat]
        matchable = row.features is not None
        rows.append((row.id, *row[2:9], report, int(refeatured), matchable, *lists))
    stored = ("id", "state", "current_copy", "governing_copy", "reported_copy", "clear", "older_report")
    names = (*stored, "id_conflict", "report", "refeatured", "matchable", *FeatureRow._fields)
    return Statement(
        "activities: update",
        f"""UPDATE activities a SET state = n.state, current_copy = n.current_copy, governing_copy = n.governing_copy,
               reported_copy = n.reported_copy, clear = n.clear, older_report = n.older_report,
               id_conflict = n.id_conflict,
               report = CASE WHEN n.reported_copy = a.reported_copy THEN a.report ELSE n.report END,
               feature_version = a.feature_version + n.refeatured,
               matchable = n.matchable, {", ".join(f"{name} = n.{name}{cast}" for name, cast in _COLUMNS)}
           FROM unnest(%(id)b::bigint[], %(state)b::text[], %(current_copy)b::bigint[], %(governing_copy)b::bigint[],
               %(reported_copy)b::bigint[], %(clear)b::boolean[], %(older_report)b::boolean[],
               %(id_conflict)b::boolean[], %(report)b::text[], %(refeatured)b::bigint[], %(matchable)b::boolean[],
               {", ".join(f"%({name})b::{_DATES.get(name, 'text')}[]" for name, _ in _COLUMNS)})
               AS n (id, state, current_copy, governing_copy, reported_copy, clear, older_report, id_conflict, report,
                   refeatured, matchable, {_FEATURES})
           WHERE a.id = n.id""",
        columns(names, rows),
    )


def replace_references(features: Iterable[tuple[int, Features | None]]) -> tuple[Statement, Statement]:
    """Take away what activities referred to, and put down what they refer to now."""
    stated = list(features)
    now = ((activity, *ref) for activity, known in stated if known is not None for ref in known.references)
    return (
        Statement(
            "references: delete",
            "DELETE FROM activity_references WHERE activity = ANY(%(ids)b::bigint[])",
            {"ids": [activity for activity, _ in stated]},
        ),
        Statement(
            "references: insert",
            """INSERT INTO activity_references (activity, kind, target)
               SELECT * FROM unnest(%(activity)b::bigint[], %(kind)b::text[], %(target)b::text[])""",
            columns(("activity", "kind", "target"), now),
        ),
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


def read_marked(marks: Collection[str]) -> Statement:
    """The activities (id,) of which matching compares some organisation by one of these marks."""
    return Statement(
        "activities: read marked",
        """SELECT id FROM activities WHERE matchable
           AND (reporters && %(marks)b::text[] OR funders && %(marks)b::text[] OR implementers && %(marks)b::text[])""",
        {"marks": list(marks)},
    )


def features_in(rows: Iterable[Row]) -> dict[int, tuple[int, Features | None]]:
    """By activity: the version of its features, and the features (None while not matchable)."""
    return {
        row[0]: (row[1], Features.from_row(ActivityId(row[3], row[4]), FeatureRow(*row[5:])) if row[2] else None)
        for row in rows
    }


def read_present(ids: Iterable[int]) -> Statement:
    """What resolving reads: (id, reporter, activity, handle, state, clear, older_report, id_conflict, report)."""
    return Statement(
        "activities: read",
        """SELECT id, reporter, activity, handle, state, clear, older_report, id_conflict, report
           FROM activities WHERE id = ANY(%(ids)b::bigint[])""",
        {"ids": list(ids)},
    )
