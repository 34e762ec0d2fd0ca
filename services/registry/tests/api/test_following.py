"""Following one report: what the stages kept of it, for operators alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from istmo_common.events.envelope import CloudEvent
from istmo_common.forgetting import forget
from istmo_common.kafka.batches import Batch, Move, Partition, Position, Record
from istmo_oracle.building import Sent, activity, transaction
from istmo_registry.domain.ids import ActivityId
from istmo_registry.stages.claims import Done
from istmo_registry.stages.fold import Folding
from istmo_registry.stages.incoming import Incoming
from istmo_registry.stages.reading import Folder, Message
from istmo_registry.stages.relay import Answer, Send, relay
from istmo_registry.stages.running import Runner
from istmo_registry_api.registry import ADMIN, Registry, handle_of

TRACES = [f"{number:032x}" for number in range(1, 4)]


def traced(event: CloudEvent, number: int) -> CloudEvent:
    """The event with the trace of this number."""
    return replace(event, traceparent=f"00-{TRACES[number]}-{number + 1:016x}-00")


REPORT = traced(activity(Sent("1", 1), "A", "a1", "Police for communities of the north coast"), 0)
SAME = traced(activity(Sent("2", 2), "B", "b1", "Police for communities of the north coast"), 1)


async def found(registry: Registry, event: str, **named: str) -> Any:
    answer = await registry.client.get("/v1/admin/reports", params={"event": event, **named}, headers=ADMIN)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_way_names_every_stage(registry: Registry) -> None:
    """An operator sees when each stage took a report up, what it waited from, and what came of it."""
    await registry.report(REPORT)
    sender = Runner(*registry.runner_place, send=_acknowledge)
    while await sender.run(relay("me", 60, 100)) is not Done.NOTHING:
        pass
    await sender.close()
    way = (await found(registry, "1"))["way"]
    assert [(TRACES[0], "new, goes to match")] == [(each["trace"], each["outcome"]) for each in way["arrivals"]]
    programme = f"programmes/{handle_of('A', 'a1')}"
    assert [("match", None), ("resolve", None), ("relay", programme)] == [
        (each["stage"], each["subject"]) for each in way["stages"]
    ]
    assert all(each["since"] <= each["began"] <= each["ended"] for each in way["stages"])
    assert [("standing", handle_of("A", "a1"), True)] == [
        (each["state"], each["programme"], each["stands"]) for each in way["contents"]
    ]
    assert ([], []) == (way["waiting"], way["parked"])


async def test_what_still_waits_is_said(registry: Registry) -> None:
    """A report that has gone no further than fold is seen to wait for match."""
    await registry.fold([REPORT])
    assert ["match"] == [each["stage"] for each in (await found(registry, "1"))["way"]["waiting"]]


async def test_a_report_that_was_joined_goes_on_by_way_of_the_other(registry: Registry) -> None:
    """Two reports of one activity are matched as one: the way of the second goes on under the first's trace."""
    again = traced(activity(Sent("3", 3), "A", "a1", "Police for communities of the south coast"), 2)
    await registry.fold([REPORT, again])
    await registry.rest()
    for event in ("1", "3"):
        stages = (await found(registry, event))["way"]["stages"]
        assert {"match", "resolve"} == {each["stage"] for each in stages}, event
        assert TRACES[0] in {each["trace"] for each in stages}, event


async def test_a_duplicate_is_called_one(registry: Registry) -> None:
    """The same report sent again has arrived again, and nothing followed."""
    await registry.report(REPORT, traced(REPORT, 1))
    way = (await found(registry, "1"))["way"]
    assert ["new, goes to match", "duplicate, nothing follows"] == [each["outcome"] for each in way["arrivals"]]


async def test_several_reports_of_one_id_are_told_apart(registry: Registry) -> None:
    """Ids are a partner's own: where two partners use the same, the operator names one."""
    other = replace(SAME, id="1", partner="another")
    await registry.fold([REPORT, other])
    several = await found(registry, "1")
    assert (2, None) == (len(several["reports"]), several["way"])
    one = await found(registry, "1", partner="another")
    assert (["another"], True) == ([each["partner"] for each in one["reports"]], one["way"] is not None)


async def test_an_unknown_report_is_said_to_be_unknown(registry: Registry) -> None:
    """An id that nobody reported under has no way."""
    assert {"reports": [], "way": None} == await found(registry, "nothing")


async def test_a_report_that_could_not_be_folded_is_found_where_it_was_put(registry: Registry) -> None:
    """A parked report is not unknown: its id leads to the reason."""

    def broken(name: ActivityId) -> str:
        raise ZeroDivisionError

    partition = Partition("activities", 0)
    message = Message("1", Incoming.of(REPORT))
    record = Record(partition, 7, b"key", message, REPORT.traceparent)
    move = Move(partition, None, Position(8, "1", "log"))
    await Folder(registry.runner, Folding(broken, 64)).handle(Batch((record,), (move,)))
    way = (await found(registry, "1"))["way"]
    assert ["activities/0/7"] == [each["place"] for each in way["arrivals"]]
    assert [("fold", True)] == [(each["stage"], "ZeroDivisionError" in each["error"]) for each in way["parked"]]


async def test_what_is_kept_is_forgotten_in_time(registry: Registry) -> None:
    """Stage records do not grow for ever, and a report whose way is forgotten is still known."""
    await registry.report(activity(Sent("9", 9), "A", "a9", "Courts", transactions=[transaction("1")]), REPORT)
    assert 0 == await forget(registry.pool, ["arrivals", "stage_records"], timedelta(days=1))
    assert 3 == await forget(registry.pool, ["arrivals", "stage_records"], timedelta(0))
    way = (await found(registry, "1"))["way"]
    assert ([], [], 1) == (way["arrivals"], way["stages"], len(way["contents"]))


async def _acknowledge(send: Send) -> list[Answer]:
    return [Answer.ACKNOWLEDGED for _ in send.rows]
