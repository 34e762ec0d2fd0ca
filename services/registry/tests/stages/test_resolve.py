"""What resolve publishes and writes: no more than what changed, in versions that rise."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from istmo_interleavings.driving import PUBLISHER, drive, everything, folding, matching, relaying, resolving
from istmo_interleavings.tables import Connection

from istmo_common.events.envelope import CloudEvent
from istmo_common.events.outcomes import FindingCleared, FindingRaised, ProgrammeChanged
from istmo_oracle.building import Sent, activity, payment, transaction, withdrawal
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.stages.claims import Claim
from istmo_registry.stages.resolve import resolve
from istmo_registry.store.outbox import OutboxRow

pytestmark = pytest.mark.stack

PATROLS = "Joint border patrols against contraband"
COURTS = "Mobile courts for remote valleys"
A = activity(Sent("1", 1, 1), "XA", "a", PATROLS, transactions=[transaction("5")])
B = activity(Sent("2", 2, 2), "XB", "b", PATROLS)


def _published(connection: Connection, events: Iterable[CloudEvent]) -> list[tuple[str, int, str | None]]:
    """What folding these events publishes: (topic, version, type or None for a tombstone)."""
    drive(connection, everything(events, PARAMETERS))
    return [(row.topic, int(row.headers["ce_version"]), row.headers.get("ce_type")) for row in _sent(connection)]


def _sent(connection: Connection) -> list[OutboxRow]:
    sent: list[OutboxRow] = []
    drive(connection, relaying("test"), sent)
    return sent


def test_a_programme_is_published_only_when_it_says_something_else(connection: Connection) -> None:
    """Donors who subscribe are not told of a report that changes nothing they can see."""
    changed = "programme.changed"
    assert [("programmes", 1, changed)] == _published(connection, [A])
    same = activity(Sent("3", 3, 3), "XA", "a", PATROLS, transactions=[transaction("5")])
    assert [] == _published(connection, [same])
    assert [("programmes", 2, changed)] == _published(connection, [payment(Sent("4", 4, 4), "XA", "a", "t")])


def test_an_absorbed_programme_leaves_a_tombstone(connection: Connection) -> None:
    """A consumer of the compacted topic drops a programme that became part of another, or stands no more."""
    _published(connection, [B])
    joined = _published(connection, [A])
    assert ("programmes", 2, None) in joined
    assert ("programmes", 1, "programme.changed") in joined
    apart = _published(connection, [withdrawal(Sent("5", 5, 5), "XA", "a")])
    assert ("programmes", 2, None) in apart
    assert ("programmes", 3, "programme.changed") in apart


def test_what_is_published_keeps_the_contract(connection: Connection) -> None:
    """Notify can read every event with the contract's own payloads."""
    drive(connection, everything([A, B, activity(Sent("6", 6, 6), "XB", "b", COURTS)], PARAMETERS))
    models: dict[str, Any] = {
        "programme.changed": ProgrammeChanged,
        "finding.raised": FindingRaised,
        "finding.cleared": FindingCleared,
    }
    drive(connection, everything([activity(Sent("7", 7, 7), "XB", "b", PATROLS)], PARAMETERS))
    drive(connection, everything([activity(Sent("8", 8, 8), "XB", "b", COURTS)], PARAMETERS))
    kinds = set()
    for row in _sent(connection):
        if row.value is not None:
            event = CloudEvent.from_headers([(name, text.encode()) for name, text in row.headers.items()], row.value)
            read = models[event.type].model_validate_json(event.data)
            assert int(row.headers["ce_version"]) == read.version
            kinds.add(event.type)
    assert set(models) == kinds


def test_a_finding_is_raised_again_only_when_it_says_something_else(connection: Connection) -> None:
    """One alert is updated, not repeated: the same finding comes again with a higher version, and is cleared once."""

    def findings(*events: CloudEvent) -> list[tuple[int, str | None]]:
        return [(version, kind) for topic, version, kind in _published(connection, events) if topic == "findings"]

    assert [(1, "finding.raised")] == findings(A, B)
    assert [] == findings(payment(Sent("3", 3, 3), "XA", "a", "t"))
    retitled = activity(Sent("4", 4, 4), "XB", "b", f"{PATROLS}!")
    assert [(2, "finding.raised")] == findings(retitled)
    assert [(3, "finding.cleared")] == findings(activity(Sent("5", 5, 5), "XB", "b", COURTS))
    assert [(4, "finding.raised")] == findings(activity(Sent("6", 6, 6), "XB", "b", PATROLS))


def test_splits_of_a_line_sum_to_its_amount(connection: Connection) -> None:
    """Country, line and goal add up to the cent, also where the shares do not divide."""
    shares: dict[str, Any] = {
        "recipient_countries": [{"code": code, "percentage": "33.3"} for code in ("HN", "GT", "SV")],
        "sectors": [{"code": "15130", "percentage": "50"}, {"code": "43010", "percentage": "50"}],
    }
    lines = [transaction(amount) for amount in ("100", "-0.01", "0.0000000001", "77777.77")]
    report = activity(Sent("1", 1), "XA", "a", PATROLS, country=None, transactions=lines, **shares)
    drive(connection, everything([report], PARAMETERS))
    sums = connection.execute(
        """SELECT e.value, sum(s.amount) FROM entries e JOIN entry_splits s USING (activity, transaction)
           GROUP BY e.activity, e.transaction, e.value ORDER BY e.value COLLATE "C" """
    ).fetchall()
    assert [(value, Decimal(value)) for value in ("-0.01", "0.0000000001", "100", "77777.77")] == sums


def test_restricted_work_stays_with_its_reporter(connection: Connection) -> None:
    """Whatever is not CLEAR is alone in its programme, labelled, in no pair, finding or total."""
    secret = activity(Sent("1", 1), "XA", "a", PATROLS, tlp="AMBER", transactions=[transaction("5")])
    drive(connection, everything([secret, B], PARAMETERS))
    sent = [row for row in _sent(connection) if row.value is not None]
    outcomes = [outcome for row in sent for outcome in json.loads(row.value or b"")["outcomes"]]
    labels = {outcome["members"][0]["reporter"]: outcome["label"]["markings"] for outcome in outcomes}
    assert {"XA": [{"tlp": "AMBER", "reporter": "XA", "groups": []}], "XB": []} == labels
    assert [1, 1] == [len(outcome["members"]) for outcome in outcomes]
    for table in ("pairs", "findings", "entry_splits"):
        assert (0,) == connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert [("excluded", "restricted", False)] == connection.execute(
        "SELECT fate, reason, clear FROM entries"
    ).fetchall()


def test_money_across_a_link_has_its_other_end_looked_at(connection: Connection) -> None:
    """When a programme changes, those who fund it or are funded by it are resolved again: their money reads it."""
    funder = activity(
        Sent("1", 1, 1), "XA", "a", COURTS, transactions=[transaction("9", "2", receiver={"activity": "b"})]
    )
    drive(connection, everything([funder, B], PARAMETERS))
    double = activity(Sent("3", 3, 3), "XA", "A", PATROLS)
    drive(connection, folding([double], PARAMETERS))
    drive(connection, matching(PARAMETERS))
    drive(connection, resolving())
    again = connection.execute("SELECT a.activity FROM work w JOIN activities a ON a.id = w.activity").fetchall()
    assert [("a",)] == again


def test_joined_work_goes_on_in_the_first_trace(connection: Connection) -> None:
    """Of several reports behind one change, the first one's trace leads to what is published."""
    traces = [f"00-{number:032x}-{number:016x}-01" for number in (1, 2)]
    drive(connection, folding([A], PARAMETERS))
    drive(connection, matching(PARAMETERS))
    connection.execute("UPDATE work SET traceparent = %s", [traces[0]])
    connection.execute("INSERT INTO work (activity, traceparent) SELECT activity, %s FROM work", [traces[1]])
    claims: list[Claim] = []
    claim = Claim(claims.append)
    drive(connection, resolve(claim, PUBLISHER, 10))
    assert [claim] == claims
    assert traces == claim.traces
    assert [traces[0]] == [row.traceparent for row in _sent(connection)]


def test_a_finding_says_the_same_whichever_side_is_resolved_last(connection: Connection) -> None:
    """A question about one fragment names all that its reporter has in that programme, seen from either side."""
    events = [A, activity(Sent("3", 3, 3), "XA", "a2", PATROLS), B]
    drive(connection, folding(events, PARAMETERS))
    ids = {name: id_ for id_, name in connection.execute("SELECT id, activity FROM activities").fetchall()}
    connection.execute("DELETE FROM dirty")
    pairs = [(*sorted((ids["a"], ids["a2"])), "same", 20), (*sorted((ids["a2"], ids["b"])), "possibly-same", 6)]
    for pair in pairs:
        connection.execute("INSERT INTO pairs (a, b, verdict, score, evidence) VALUES (%s, %s, %s, %s, '[]')", pair)

    said = []
    for name in ("a", "b", "a", "b"):
        connection.execute("INSERT INTO work (activity) VALUES (%s)", (ids[name],))
        drive(connection, resolve(Claim(), PUBLISHER, 10))
        said += connection.execute("SELECT content FROM findings WHERE kind = 'possible-duplicate'").fetchall()

    assert 1 == len(set(said[1:]))
    assert {"a", "a2"} == {one["activity"] for one in json.loads(said[-1][0])["sides"][0]["members"]}


def test_what_stands_beside_has_its_say_without_its_report(connection: Connection) -> None:
    """A finding says of both sides what their reports say, also of one that was folded before shares were kept."""
    drive(connection, everything([A, B], PARAMETERS))
    told = connection.execute("SELECT key, content FROM findings").fetchall()
    assert [["HN"], ["HN"]] == [side["countries"] for _, content in told for side in json.loads(content)["sides"]]

    connection.execute("UPDATE activities SET share = NULL; UPDATE findings SET content = '{}', basis = NULL")
    connection.execute("INSERT INTO work (activity) SELECT min(id) FROM activities")
    drive(connection, resolving())
    assert told == connection.execute("SELECT key, content FROM findings").fetchall()


def test_a_finding_is_composed_only_when_something_of_it_has_changed(connection: Connection) -> None:
    """Who resolves a neighbour does not put together again what stands; who changes a title does."""
    drive(connection, everything([A, B], PARAMETERS))
    connection.execute("UPDATE findings SET content = '{}'")
    connection.execute("INSERT INTO work (activity) SELECT id FROM activities")
    drive(connection, resolving())
    assert [("{}",)] == connection.execute("SELECT content FROM findings").fetchall()

    drive(connection, everything([activity(Sent("3", 3, 3), "XB", "b", PATROLS + ".")], PARAMETERS))
    [(content,)] = connection.execute("SELECT content FROM findings").fetchall()
    assert PATROLS + "." == json.loads(content)["sides"][1]["title"][0]["text"]
