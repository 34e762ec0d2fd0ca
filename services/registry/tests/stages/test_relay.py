"""How relay empties the outbox: in the order of each key, never past what was not acknowledged, under its lease."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from istmo_interleavings.driving import execute
from istmo_interleavings.tables import Connection, Tables

from istmo_registry.stages.claims import Done
from istmo_registry.stages.relay import Answer, Send, relay
from istmo_registry.store.outbox import OutboxRow, Publication, insert_publications

pytestmark = pytest.mark.stack

Replies = Callable[[Sequence[OutboxRow]], Sequence[Answer]]


def _put(connection: Connection, *keys: str) -> None:
    versions: dict[str, int] = {}
    publications = []
    for key in keys:
        versions[key] = versions.get(key, 0) + 1
        headers = {"ce_version": str(versions[key])}
        publications.append(Publication("programmes", key.encode(), headers, b"{}", versions[key], None))
    execute(connection, insert_publications(publications))


def _run(connection: Connection, reply: Replies, holder: str = "me") -> tuple[Done, list[list[str]]]:
    """One round, with what it sent: for each sending the keys with their versions."""
    sent: list[list[str]] = []
    stage = relay(holder, 60, 100)
    answer: Any = None
    try:
        while True:
            yielded = stage.send(answer)
            if isinstance(yielded, Send):
                sent.append([f"{row.key.decode()}{row.headers['ce_version']}" for row in yielded.rows])
                answer = list(reply(yielded.rows))
            else:
                answer = execute(connection, yielded)
    except StopIteration as stop:
        return stop.value, sent


def _all(answer: Answer) -> Replies:
    return lambda rows: [answer for _ in rows]


def _left(connection: Connection) -> list[int]:
    return [version for (version,) in connection.execute("SELECT version FROM outbox ORDER BY id").fetchall()]


def test_events_of_a_key_go_one_after_the_other(connection: Connection) -> None:
    """A consumer sees the versions of a programme rise, since the next is sent only when the last is in the log."""
    _put(connection, "a", "a", "a")
    assert (Done.REST, [["a1"], ["a2"], ["a3"]]) == _run(connection, _all(Answer.ACKNOWLEDGED))
    assert [] == _left(connection)


def test_what_was_not_acknowledged_stays_first(connection: Connection) -> None:
    """With the broker away nothing is lost, skipped or put out of order."""
    _put(connection, "a", "a")
    assert (Done.NOTHING, [["a1"]]) == _run(connection, _all(Answer.NOT_NOW))
    assert [1, 2] == _left(connection)
    assert (Done.REST, [["a1"], ["a2"]]) == _run(connection, _all(Answer.ACKNOWLEDGED))


def test_one_key_does_not_hold_up_the_others_of_its_lane(connection: Connection) -> None:
    """A record that the broker does not take now delays its own programme alone."""
    _put(connection, *_of_one_lane(2))
    first = _of_one_lane(2)[0]

    def reply(rows: Sequence[OutboxRow]) -> list[Answer]:
        return [Answer.NOT_NOW if row.key.decode() == first else Answer.ACKNOWLEDGED for row in rows]

    done, sent = _run(connection, reply)
    assert Done.SOME is done
    assert 1 == len(sent)
    assert [(first.encode(),)] == connection.execute("SELECT key FROM outbox").fetchall()


def _of_one_lane(count: int) -> list[str]:
    lane = Publication("programmes", b"0", {}, None, 1, None).lane
    names = (str(number) for number in range(1000))
    return [key for key in names if Publication("programmes", key.encode(), {}, None, 1, None).lane == lane][:count]


def test_what_no_log_can_take_is_parked(connection: Connection) -> None:
    """An event too large for its topic is seen by operators and does not hold up what comes after it."""
    _put(connection, "a", "a")
    replies = iter([[Answer.NEVER], [Answer.ACKNOWLEDGED]])
    assert (Done.REST, [["a1"], ["a2"]]) == _run(connection, lambda _: next(replies))
    parked = connection.execute("SELECT stage, error FROM parked").fetchall()
    assert [("relay", "the event is larger than its topic takes")] == parked
    assert [] == _left(connection)


def test_a_lane_belongs_to_one_relay(connection: Connection) -> None:
    """Two relays never send one lane at a time."""
    _put(connection, "a")

    def reply(rows: Sequence[OutboxRow]) -> list[Answer]:
        assert (Done.NOTHING, []) == _run(connection, _all(Answer.ACKNOWLEDGED), "another")
        return [Answer.ACKNOWLEDGED for _ in rows]

    assert (Done.REST, [["a1"]]) == _run(connection, reply)


def test_lanes_are_sent_together(connection: Connection) -> None:
    """A quiet platform publishes what it has in one go, however the keys are spread over the lanes."""
    keys = [str(number) for number in range(20)]
    _put(connection, *keys)
    assert (Done.REST, [[f"{key}1" for key in keys]]) == _run(connection, _all(Answer.ACKNOWLEDGED))
    assert [] == _left(connection)


def test_a_relay_that_lost_one_of_its_lanes_settles_the_others(connection: Connection, tables: Tables) -> None:
    """What another relay has taken over is that one's to send and to delete; the rest is not sent twice."""
    _put(connection, "a", "a", "b", "b")
    lost = Publication("programmes", b"a", {}, None, 1, None).lane
    assert lost != Publication("programmes", b"b", {}, None, 1, None).lane

    def reply(rows: Sequence[OutboxRow]) -> list[Answer]:
        with tables.connect() as other:
            other.execute("UPDATE lanes SET until = now() - interval '1 second' WHERE lane = %s", [lost])
        return [Answer.ACKNOWLEDGED for _ in rows]

    assert (Done.REST, [["a1", "b1"], ["b2"]]) == _run(connection, reply)
    assert [1, 2] == _left(connection)
    assert (Done.REST, [["a1"], ["a2"]]) == _run(connection, _all(Answer.ACKNOWLEDGED), "another")


def test_a_relay_that_lost_its_lease_stops(connection: Connection, tables: Tables) -> None:
    """A relay that was paused for long deletes nothing and sends nothing more: the lane's new holder sends it all."""
    _put(connection, "a", "a")

    def reply(rows: Sequence[OutboxRow]) -> list[Answer]:
        with tables.connect() as other:
            other.execute("UPDATE lanes SET until = now() - interval '1 second' WHERE holder = 'me'")
        return [Answer.ACKNOWLEDGED for _ in rows]

    assert (Done.STALE, [["a1"]]) == _run(connection, reply)
    assert [1, 2] == _left(connection)
    assert (Done.REST, [["a1"], ["a2"]]) == _run(connection, _all(Answer.ACKNOWLEDGED), "another")
