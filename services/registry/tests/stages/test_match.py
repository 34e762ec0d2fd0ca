"""What match claims, and when it gives way."""

from dataclasses import replace
from decimal import Decimal
from itertools import combinations

import pytest
from istmo_interleavings.driving import drive, everything, folding, rest
from istmo_interleavings.tables import Connection, Tables

from istmo_oracle.building import Sent, activity
from istmo_oracle.worlds import NARROW
from istmo_registry.domain.features import Features
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS, Parameters
from istmo_registry.stages.claims import Claim, Done
from istmo_registry.stages.known_features import KnownFeatures
from istmo_registry.stages.match import Matching, match
from istmo_registry.store.dirty import read_candidates, read_candidates_of
from istmo_registry.store.pairs import PairRow

pytestmark = pytest.mark.stack

PATROLS = "Joint border patrols against contraband"
A = activity(Sent("1", 1, 1), "XA", "a", PATROLS)
B = activity(Sent("2", 2, 2), "XB", "b", PATROLS)


def test_all_free_rows_of_an_activity_are_claimed_together(connection: Connection) -> None:
    """An activity that changed five times in a row is matched once."""
    drive(connection, folding([A, B], PARAMETERS))
    connection.execute("INSERT INTO dirty (activity, mode) SELECT activity, 'check' FROM dirty, generate_series(1, 4)")
    claim = Claim()
    assert Done.SOME is drive(connection, match(claim, Matching(PARAMETERS), 1))
    assert ({"match", "check"}, 5, 1) == (
        {row.mode for row in claim.rows},
        len(claim.rows),
        len(claim.to_match),
    )
    assert (5,) == connection.execute("SELECT count(*) FROM dirty").fetchone()


def test_rows_that_another_worker_holds_are_left_to_it(tables: Tables, connection: Connection) -> None:
    """Two matchers share the work instead of waiting for each other."""
    drive(connection, folding([A, B], PARAMETERS))
    with tables.connect() as other, other.transaction():
        other.execute("SELECT FROM dirty ORDER BY id LIMIT 1 FOR UPDATE")
        claim = Claim()
        drive(connection, match(claim, Matching(PARAMETERS), 10))
        assert 1 == len(claim.rows)


def test_a_matched_activity_is_always_resolved(connection: Connection) -> None:
    """A report without any likeness to others still gets its programme."""
    drive(connection, folding([A], PARAMETERS))
    drive(connection, match(Claim(), Matching(PARAMETERS), 10))
    assert (1,) == connection.execute("SELECT count(*) FROM work").fetchone()


@pytest.mark.parametrize(
    ("reporter", "mutual_line", "resolved"),
    [("XB", 1000, 1), ("XB", 0, 2), ("XA", 0, 1)],
    ids=["weak", "may be each other's best", "within one reporter"],
)
def test_a_question_is_resolved_from_the_end_that_is_matched(
    connection: Connection, reporter: str, mutual_line: int, resolved: int
) -> None:
    """What stands beside a new report is left alone, unless their pair may decide of which works either is part."""
    questions = {"same_line": Decimal(10_000), "possible_line": Decimal(-10_000)}
    parameters = replace(
        PARAMETERS,
        between=replace(PARAMETERS.between, **questions),
        within=replace(PARAMETERS.within, **questions),
        mutual_line=Decimal(mutual_line),
    )
    for report in (A, activity(Sent("2", 2, 2), reporter, "b", PATROLS)):
        connection.execute("DELETE FROM work")
        drive(connection, folding([report], parameters))
        drive(connection, match(Claim(), Matching(parameters), 10))

    assert ("possibly-same",) == connection.execute("SELECT verdict FROM pairs").fetchone()
    assert (resolved,) == connection.execute("SELECT count(*) FROM work").fetchone()


def test_what_was_scored_must_still_be_there(tables: Tables, connection: Connection) -> None:
    """A report that changes while it is compared is compared again, and nothing of the old comparison is kept."""
    drive(connection, folding([A, B], PARAMETERS))
    stage = match(Claim(), Matching(PARAMETERS), 10)
    statement, rows = next(stage), None
    while statement.name != "activities: lock":
        cursor = connection.execute(statement.sql.encode(), statement.params)
        rows = cursor.fetchall() if cursor.description is not None else []
        statement = stage.send(rows)
    with tables.connect() as other:
        drive(other, folding([activity(Sent("3", 3, 3), "XA", "a", "Mobile courts for remote valleys")], PARAMETERS))
    locked = connection.execute(statement.sql.encode(), statement.params).fetchall()
    assert "rollback" == stage.send(locked).name
    connection.execute("ROLLBACK")
    with pytest.raises(StopIteration) as end:
        stage.send([])
    assert Done.STALE is end.value.value
    assert (3,) == connection.execute("SELECT count(*) FROM dirty").fetchone()


def test_what_is_remembered_is_as_good_as_what_is_read(connection: Connection) -> None:
    """Whoever changes a title is compared by the new one, though the worker remembers the old one."""
    matching = Matching(PARAMETERS)
    drive(connection, folding([A, B], PARAMETERS))
    drive(connection, match(Claim(), matching, 10))
    assert (1,) == connection.execute("SELECT count(*) FROM pairs").fetchone()
    drive(connection, folding([activity(Sent("3", 3, 3), "XA", "a", "Mobile courts for remote valleys")], PARAMETERS))
    drive(connection, match(Claim(), matching, 10))
    assert (0,) == connection.execute("SELECT count(*) FROM pairs").fetchone()


def test_of_a_table_that_was_replaced_nothing_is_remembered() -> None:
    """After a rebuild the same numbers are other activities."""
    features = Features(ActivityId("XA", "a"))
    known = KnownFeatures(most=2)
    known.recall([(1, 1, 7)])
    known.keep({1: (1, features), 2: (1, None), 3: (4, features)})
    assert {3: (4, features)} == known.recall([(1, 1, 7), (2, 2, 7), (3, 4, 7)])
    assert _row(1) == known.compared((1, 3), (1, 4), lambda: _row(1))
    assert {} == known.recall([(3, 4, 8)])
    assert _row(5) == known.compared((1, 3), (1, 4), lambda: _row(5))


def test_a_pair_is_compared_again_only_when_one_of_the_two_has_changed() -> None:
    """What two came to holds for as long as both are what they were; of very many pairs the oldest is forgotten."""
    known = KnownFeatures(most_pairs=2)

    def said(other: int, versions: tuple[int, int], score: int) -> PairRow | None:
        return known.compared((1, other), versions, lambda: _row(score))

    assert [_row(0), _row(0), _row(2)] == [said(2, (1, 1), 0), said(2, (1, 1), 1), said(2, (1, 2), 2)]
    assert [_row(4), _row(5), _row(6)] == [said(3, (1, 1), 4), said(4, (1, 1), 5), said(2, (1, 2), 6)]


def _row(score: int) -> PairRow:
    return PairRow(1, 2, "same", None, Decimal(score), "[]")


def test_a_key_that_dies_takes_its_pairs_along_and_brings_them_back(connection: Connection) -> None:
    """A title that too many share says nothing any more; when some of them change it says something again."""
    drive(connection, everything([A, B], NARROW))
    assert (1,) == connection.execute("SELECT count(*) FROM pairs").fetchone()
    drive(connection, folding([activity(Sent("3", 3, 3), "XC", "c", PATROLS)], NARROW))
    modes = connection.execute(
        "SELECT mode, count(DISTINCT activity) FROM dirty GROUP BY mode ORDER BY mode"
    ).fetchall()
    assert [("check", 3), ("match", 1)] == modes
    drive(connection, rest(NARROW))
    assert (0,) == connection.execute("SELECT count(*) FROM pairs").fetchone()
    drive(connection, folding([activity(Sent("4", 4, 4), "XC", "c", "Mobile courts for remote valleys")], NARROW))
    modes = connection.execute(
        "SELECT mode, count(DISTINCT activity) FROM dirty GROUP BY mode ORDER BY mode"
    ).fetchall()
    assert [("match", 3)] == modes
    drive(connection, rest(NARROW))
    assert (1,) == connection.execute("SELECT count(*) FROM pairs").fetchone()


@pytest.mark.parametrize("parameters", [PARAMETERS, NARROW])
def test_who_is_asked_about_a_pair_says_what_who_looks_for_candidates_finds(
    connection: Connection, parameters: Parameters
) -> None:
    """By keys that live and have died, and by references either way, to what is there and to what is not."""
    referring = [{"activity": "a", "type": "1"}, {"activity": "nowhere", "type": "1"}]
    sibling = [{"activity": "e", "type": "3"}]
    reports = [
        A,
        B,
        activity(Sent("3", 3, 3), "XC", "c", "Mobile courts for remote valleys", related_activities=referring),
        activity(Sent("4", 4, 4), "XD", "d", PATROLS, country="GT"),
        activity(Sent("5", 5, 5), "XE", "e", "Forensic laboratory", country="GT"),
        activity(Sent("6", 6, 6), "XE", "f", "Canines", country=None, related_activities=sibling),
    ]
    drive(connection, folding(reports, parameters))
    ids = [id_ for (id_,) in connection.execute("SELECT id FROM activities ORDER BY id").fetchall()]
    found = read_candidates(ids, parameters)
    asked = read_candidates_of(list(combinations(ids, 2)), parameters)
    candidates = {(min(row), max(row)) for row in connection.execute(found.sql.encode(), found.params).fetchall()}
    assert candidates
    assert candidates == set(connection.execute(asked.sql.encode(), asked.params).fetchall())


@pytest.mark.parametrize("kind", ["identifier", "title", *PARAMETERS.carrier_limits])
def test_a_key_that_says_little_dies_sooner(connection: Connection, kind: str) -> None:
    """Whoever shares with many what says little is compared with none of them; an identifier may be shared by more."""
    alive = 64 if kind in ("identifier", "title") else PARAMETERS.carrier_limits[kind]
    for key, carriers in ((f"{kind}:alive", alive), (f"{kind}:dead", alive + 1)):
        connection.execute("INSERT INTO key_counts VALUES (%s, %s)", (key, carriers))
    shared = [(f"{kind}:alive", 1), (f"{kind}:alive", 2), (f"{kind}:dead", 1), (f"{kind}:dead", 3)]
    for row in shared:
        connection.execute("INSERT INTO blocking_keys VALUES (%s, %s)", row)

    asked = read_candidates([1], PARAMETERS)
    assert [(1, 2)] == connection.execute(asked.sql.encode(), asked.params).fetchall()
    assert alive == PARAMETERS.most_carriers(f"{kind}:alive")
