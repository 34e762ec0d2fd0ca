"""What fold leaves behind, beyond what comes of it in the end."""

import random
from dataclasses import replace
from importlib.resources import files

import pytest
from istmo_interleavings.driving import HANDLE_KEY, drive, everything, execute, exported, folding
from istmo_interleavings.players import Player, play
from istmo_interleavings.scenarios import schedules
from istmo_interleavings.state import decided
from istmo_interleavings.tables import Connection, Tables

from istmo_common.errors import PositionMoved
from istmo_common.events.organisations import OrganisationChanged
from istmo_common.kafka.batches import Move, Partition, Position
from istmo_oracle import fold as oracle
from istmo_oracle.building import Sent, activity, import_withdrawal, payment, transaction
from istmo_oracle.worlds import NARROW, WORLDS, World
from istmo_registry.stages.fold import Batch, Folding, fold

pytestmark = pytest.mark.stack

PATROLS = "Joint border patrols against contraband"
REPORT = activity(Sent("1", 1, 1), "XA", "a", PATROLS, transactions=[transaction("5", transaction_id="t")])


def _move(expected: int | None, offset: int, partition: int = 0) -> Move:
    return Move(Partition("activities", partition), expected, Position(offset, "1", "cluster"))


def _waiting(connection: Connection) -> dict[str, list[tuple[str, str | None]]]:
    dirty = connection.execute("SELECT mode, traceparent FROM dirty ORDER BY id").fetchall()
    work = connection.execute("SELECT 'work', traceparent FROM work ORDER BY id").fetchall()
    return {"dirty": dirty, "work": work}


def test_a_report_delivered_again_sets_nothing_going(connection: Connection) -> None:
    """A partner whose client retries causes no work and no event."""
    drive(connection, everything([REPORT], NARROW))
    before = decided(connection)
    later = replace(REPORT, recorded_time="2026-03-01T00:00:00Z")
    drive(connection, folding([REPORT, later], NARROW))
    assert {"dirty": [], "work": []} == _waiting(connection)
    assert before == decided(connection)


def test_what_matching_reads_is_matched_and_all_else_resolved(connection: Connection) -> None:
    """What money rules alone read does not have an activity compared with others again; a new title does."""
    drive(connection, everything([REPORT], NARROW))
    drive(connection, folding([payment(Sent("2", 2, 2), "XA", "a", "u", type="13")], NARROW))
    assert {"dirty": [], "work": [("work", None)]} == _waiting(connection)
    connection.execute("DELETE FROM work")
    drive(connection, folding([activity(Sent("3", 3, 3), "XA", "a", "Mobile courts for remote valleys")], NARROW))
    assert {"dirty": [("match", None)], "work": []} == _waiting(connection)


def test_each_report_goes_on_in_its_own_trace(connection: Connection) -> None:
    """An operator who follows a report finds what it set going, also where several came together."""
    traces = [f"00-{number:032x}-{number:016x}-01" for number in (1, 2, 3)]
    other = activity(Sent("2", 2, 2), "XB", "b", PATROLS)
    again = activity(Sent("3", 3, 3), "XA", "a", f"{PATROLS}, fase I")
    events = [replace(event, traceparent=trace) for event, trace in zip((REPORT, other, again), traces, strict=True)]
    drive(connection, folding(events, NARROW))
    rows = connection.execute(
        "SELECT a.reporter, d.traceparent FROM dirty d JOIN activities a ON a.id = d.activity ORDER BY d.id"
    ).fetchall()
    assert [("XA", traces[0]), ("XA", traces[2]), ("XB", traces[1])] == rows


def test_every_content_is_kept_for_ever(connection: Connection) -> None:
    """Nothing that was ever reported is lost, also what another content of the same id stands before."""
    contradicting = activity(Sent("1", 0, 0), "XA", "a", "Another title")
    drive(connection, everything([REPORT, contradicting], NARROW))
    rows = connection.execute("SELECT data, stands, contested FROM copies ORDER BY stands").fetchall()
    assert [(REPORT.data.decode(), False, True), (contradicting.data.decode(), True, True)] == rows


def test_a_worker_that_lost_its_partition_commits_nothing(connection: Connection) -> None:
    """After a partition went to another worker, what the first one still had in hand is read again, not done twice."""
    drive(connection, folding([REPORT], NARROW, [_move(None, 1)]))
    held = decided(connection)
    other = activity(Sent("2", 2, 2), "XB", "b", PATROLS)
    for moves in ([_move(None, 2)], [_move(0, 2)], [_move(1, 2), _move(7, 8, partition=1)]):
        with pytest.raises(PositionMoved):
            drive(connection, folding([other], NARROW, moves))
        assert held == decided(connection)
    drive(connection, folding([other], NARROW, [_move(1, 2)]))
    assert [("activities", 0, 2, "1", "cluster")] == connection.execute(
        "SELECT topic, partition, position, last_event, cluster FROM offsets"
    ).fetchall()


def test_of_two_workers_with_one_batch_one_commits(tables: Tables, connection: Connection) -> None:
    """A worker that was taken for dead and the one that took over cannot both fold the same records, in any order."""
    players = {name: Player(tables, []) for name in ("one", "other")}
    try:
        for schedule in list(schedules(18, 18))[::23]:
            tables.empty()
            drive(connection, folding([], NARROW, [_move(None, 0)]))
            for player in players.values():
                player.begin(folding([REPORT], NARROW, [_move(0, 1)]))
            lost = 0
            while not all(player.finished for player in players.values()):
                try:
                    play(players, schedule)
                except PositionMoved:
                    lost += 1
            assert 1 == lost
            assert [(1,)] == connection.execute("SELECT position FROM offsets").fetchall()
            assert [(1,)] == connection.execute("SELECT count(*) FROM copies").fetchall()
    finally:
        for player in players.values():
            player.close()


def test_the_directory_keeps_the_highest_version(connection: Connection) -> None:
    """An organisation's record is the newest one, whatever order its versions come in."""
    newest = OrganisationChanged.model_validate(
        {"id": "o-1", "version": 3, "names": {"es": "Tres", "en": "Three"}, "kind": "sica", "identifiers": ["XA", "XB"]}
    )
    older = newest.model_copy(update={"version": 2, "identifiers": ("XC",), "aliases": ("old",)})
    known = Folding(lambda activity: activity.activity, NARROW)
    for records in ([older], [newest, older], [older]):
        drive(connection, fold(Batch((), records, ()), known))
    assert [("o-1", 3, "Tres")] == connection.execute("SELECT id, version, name_es FROM organisations").fetchall()
    names = connection.execute("SELECT identifier FROM organisation_identifiers ORDER BY identifier").fetchall()
    assert [("XA",), ("XB",)] == names
    assert [] == connection.execute("SELECT alias FROM organisation_aliases").fetchall()


@pytest.mark.parametrize(
    "world",
    [world for world in WORLDS.values() if "import" in world.name or "merge" in world.name],
    ids=lambda w: w.name,
)
def test_what_concerns_many_reports_counts_whichever_came_first(
    tables: Tables, connection: Connection, world: World
) -> None:
    """Wherever among reports the withdrawal of their import comes, or a merge of organisations, the same is left."""
    expected = oracle(world.events, HANDLE_KEY, world.parameters)
    order, shuffled = list(world.events), random.Random(world.name)
    for _ in range(6):
        tables.empty()
        for event in [*order, order[0]]:
            drive(connection, everything([event], world.parameters))
        assert expected == exported(connection)
        shuffled.shuffle(order)
    tables.empty()
    drive(connection, everything(order, world.parameters))
    assert expected == exported(connection)


def test_a_large_import_is_withdrawn_in_pieces(tables: Tables, connection: Connection) -> None:
    """However many activities an import had, so many contents at most are in memory, and each way is in its trace."""
    count, trace = 1100, f"00-{7:032x}-{7:016x}-01"
    own = activity(Sent("own", 0), "XA", "1", "Own")
    imported = [activity(Sent(f"i/{n}", n, import_id="i"), "XA", str(n), f"Title {n}") for n in range(1, count + 1)]
    # Many came and went before the planner looked, so that it takes the tables for empty: nothing may hang on that.
    drive(connection, folding(imported, NARROW))
    tables.empty()
    connection.execute("ANALYZE")
    connection.execute("SET statement_timeout = '10s'")
    drive(connection, folding([own, *imported], NARROW))
    connection.execute("DELETE FROM dirty")
    read: list[int] = []
    stage = folding([replace(import_withdrawal(Sent("w", count + 1), "i"), traceparent=trace)], NARROW)
    answer = None
    while True:
        try:
            statement = stage.send(answer)
        except StopIteration:
            break
        if statement.name == "copies: read heads":
            read.append(len(statement.params["activities"]))
        answer = execute(connection, statement)
    assert [500, 500, 100] == read
    assert [("standing", 1), ("unknown", count - 1)] == connection.execute(
        "SELECT state, count(*) FROM activities GROUP BY state ORDER BY state"
    ).fetchall()
    assert [(trace, count)] == connection.execute(
        "SELECT traceparent, count(*) FROM dirty GROUP BY traceparent"
    ).fetchall()
    drive(connection, folding([import_withdrawal(Sent("again", count + 2), "i")], NARROW))
    assert [(count,)] == connection.execute("SELECT count(*) FROM dirty").fetchall()


def test_an_older_table_is_filled_with_whom_reports_name(connection: Connection) -> None:
    """The migrations say of reports folded before them what fold says of them now."""
    named = {"names": [{"text": "SDC"}, {"text": "COSUDE", "language": "es"}]}
    report = activity(
        Sent("1", 1),
        "XA",
        "a",
        "Title",
        participating_organisations=[{"role": "1", **named}, {"role": "4", "identifier": "XB"}, {"role": "1", **named}],
        transactions=[
            transaction("5", provider={"identifier": "XC"}, receiver=named),
            transaction("6", provider={"identifier": "XC"}, marking={"tlp": "AMBER"}),
        ],
    )
    home = {"recipient_countries": [{"code": "hn"}]}
    abroad = transaction("7", recipient_country={"code": "GT"})
    others = [
        activity(Sent("3", 3), "XE", "home", "Title", **home, transactions=[abroad | {"marking": {"tlp": "AMBER"}}]),
        activity(Sent("4", 4), "XE", "two", "Title", **home, transactions=[abroad]),
        activity(Sent("5", 5), "XE", "region", "Title", **home, recipient_regions=[{"code": "489", "vocabulary": "1"}]),
    ]
    drive(connection, folding([report, payment(Sent("2", 2), "XD", "d", "t"), *others], NARROW))
    read = """SELECT reporter, party FROM activities LEFT JOIN jsonb_array_elements(parties::jsonb) AS p (party) ON true
        ORDER BY 1, activity, 2"""
    told = connection.execute(read).fetchall()
    assert 10 == len(told)
    assert ["HN", None, None] == [row[1][5] for row in told if row[0] == "XE"]

    with connection.transaction(force_rollback=True):
        connection.execute("ALTER TABLE activities DROP parties; DROP TABLE directory")
        for migration in ("0012_parties.sql", "0013_homes.sql"):
            connection.execute((files("istmo_registry.store") / "migrations" / migration).read_bytes())
        assert told == connection.execute(read).fetchall()
