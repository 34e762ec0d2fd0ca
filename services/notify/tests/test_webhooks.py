"""Webhooks to a real receiver: signed, in order, again until taken, and never led elsewhere."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from istmo_notify.channels.webhook import open_sender
from istmo_notify.domain.delivery import Attempt
from istmo_notify.domain.reading import Entry
from istmo_notify_samples import outcome, partner, red, sent_programme
from istmo_notify_samples.bench import QUICK, Bench, until
from istmo_notify_samples.receiving import Answer, Received, Receiver, receiving

PA = partner("pa", "XA")
SECRET = "whsec_" + "c2VjcmV0" * 4


@dataclass
class Hook:
    """A webhook subscription of `pa`, with its endpoint."""

    bench: Bench
    client: httpx.AsyncClient
    receiver: Receiver
    id: str

    async def tell(self, *numbers: int) -> None:
        """Change programmes of these numbers."""
        for number in numbers:
            programme = outcome(f"p-{number}", ("XA", f"a{number}"))
            await self.bench.take(sent_programme(f"k{number}", 1, programme))

    async def delivery(self) -> Any:
        """How delivery goes, as the API tells it."""
        return (await self.client.get(f"/v1/subscriptions/{self.id}")).json()["delivery"]

    async def delivered(self, number: int) -> None:
        """Wait until everything up to this number was taken, and that is stored."""

        async def stored() -> bool:
            return bool((await self.delivery())["delivered"] >= number)

        await until(stored)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on this machine."""
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def hook(bench: Bench, receiver: Receiver) -> Hook:
    """A subscribed webhook."""
    await bench.partners(PA)
    client = bench.client("pa")
    form = {"channel": {"kind": "webhook", "url": receiver.url}}
    answer = await client.post("/v1/subscriptions", json=form)
    return Hook(bench, client, receiver, answer.json()["id"])


def ids(received: list[Received]) -> list[str]:
    return [one.headers["webhook-id"] for one in received]


@pytest.mark.stack
async def test_items_come_signed_and_in_order(hook: Hook) -> None:
    """A receiver with the standard's own library verifies every item, and sees its place in the list."""
    async with hook.bench.delivering():
        await hook.tell(1, 2, 3)
        received = await hook.receiver.wait_for(3)
        await hook.delivered(3)
    items = [one.verify(SECRET) for one in received]
    assert [(1, 1, "p-1"), (1, 2, "p-2"), (1, 3, "p-3")] == [(i["epoch"], i["number"], i["data"]["id"]) for i in items]
    assert 3 == len(set(ids(received)))
    assert all(re.fullmatch(r"msg_[0-9a-f]{32}_1_[123]", name) for name in ids(received))
    with pytest.raises(WebhookVerificationError):
        received[0].verify("whsec_" + "b3RoZXJz" * 4)
    events = (await hook.client.get(f"/v1/subscriptions/{hook.id}/events")).json()["items"]
    assert items == events


@pytest.mark.stack
async def test_a_failed_delivery_comes_again_under_the_same_id(hook: Hook) -> None:
    """A receiver that was down gets the item later, knows it by its id, and gets nothing before it."""
    hook.receiver.answers = [Answer(500), Answer(302, {"Location": hook.receiver.url + "/elsewhere"}), Answer(404)]
    async with hook.bench.delivering():
        await hook.tell(1, 2)
        received = await hook.receiver.wait_for(5)
        await hook.delivered(2)
    assert [1, 1, 1, 1, 2] == [one.number for one in received]
    assert 1 == len(set(ids(received[:4])))
    assert {"/hook"} == {one.path for one in received}
    waits = [later.at - earlier.at for earlier, later in pairwise(received[:4])]
    assert all(wait >= least for wait, least in zip(waits, (0.05, 0.1, 0.2), strict=True))
    delivery = await hook.delivery()
    assert (0, 204, "ok") == (delivery["failures"], delivery["last_status"], delivery["last_reason"])


@pytest.mark.stack
async def test_a_redirect_is_not_followed(hook: Hook) -> None:
    """Nothing signed goes where an answer points; the subscriber sees why it was not delivered."""
    elsewhere = hook.receiver.url.replace("/hook", "/elsewhere")
    hook.receiver.answers = [Answer(307, {"Location": elsewhere, "Retry-After": "60"})]
    async with hook.bench.delivering():
        await hook.tell(1)
        await hook.receiver.wait_for(1)

        async def failed() -> bool:
            return bool((await hook.delivery())["failures"] == 1)

        await until(failed)
    delivery = await hook.delivery()
    assert (307, "redirect", 0) == (delivery["last_status"], delivery["last_reason"], delivery["delivered"])
    assert 1 == len(hook.receiver.received)


@pytest.mark.stack
async def test_retry_after_is_kept(hook: Hook) -> None:
    """A receiver that asks for two seconds gets nothing sooner, and not much later."""
    hook.receiver.answers = [Answer(429, {"Retry-After": "2"})]
    async with hook.bench.delivering():
        await hook.tell(1)
        first, second = await hook.receiver.wait_for(2)
    assert 2.0 <= second.at - first.at < 4.0


@pytest.mark.stack
async def test_gone_pauses_until_the_subscriber_resumes(hook: Hook) -> None:
    """An endpoint that answers 410 is left alone, and gets what waited, in order, when its owner resumes."""
    hook.receiver.answers = [Answer(410)]
    async with hook.bench.delivering():
        await hook.tell(1)
        await hook.receiver.wait_for(1)

        async def paused() -> bool:
            return bool((await hook.delivery())["paused"] == "gone")

        await until(paused)
        await hook.tell(2)
        await asyncio.sleep(1.2)
        assert 1 == len(hook.receiver.received)
        answer = await hook.client.post(f"/v1/subscriptions/{hook.id}/resume")
        assert (200, None) == (answer.status_code, answer.json()["delivery"]["paused"])
        assert [1, 1, 2] == [one.number for one in await hook.receiver.wait_for(3)]


@pytest.mark.stack
async def test_a_slow_receiver_is_given_up_and_tried_again(hook: Hook) -> None:
    """A receiver that does not answer holds nothing up for longer than the timeout."""
    hook.receiver.answers = [Answer(after_seconds=2.0)]
    async with hook.bench.delivering(timeout_seconds=0.3):
        await hook.tell(1)
        await hook.receiver.wait_for(2)
        await hook.delivered(1)
    assert 1 == len(set(ids(hook.receiver.received)))


@pytest.mark.stack
async def test_an_endless_answer_is_cut_off(hook: Hook) -> None:
    """A receiver that answers with megabytes is done with after a few kilobytes."""
    hook.receiver.answers = [Answer(200, body=b"x" * 5_000_000), Answer(500, body=b"x" * 5_000_000)]
    async with hook.bench.delivering():
        await hook.tell(1, 2)
        await hook.receiver.wait_for(3)
        await hook.delivered(2)


@pytest.mark.stack
async def test_operators_see_which_endpoints_fail(hook: Hook) -> None:
    """Whoever waits for the platform to come to rest is told which webhooks it need not wait for."""
    hook.receiver.answers = [Answer(503, {"Retry-After": "600"})]
    async with hook.bench.delivering():
        await hook.tell(1)
        await hook.receiver.wait_for(1)

        async def named() -> bool:
            answer = await hook.bench.client().get(
                "/v1/admin/progress", headers={"Authorization": "Bearer the-operators-own"}
            )
            return bool(answer.json()["retrying"] == [hook.id])

        await until(named)


@pytest.mark.stack
async def test_what_was_restricted_before_delivery_is_withheld(hook: Hook) -> None:
    """An item that waited until it may no longer be read is delivered as its number."""
    await hook.bench.take(sent_programme("k1", 1, outcome("p-1", ("XB", "b1"))))
    await hook.bench.take(sent_programme("k1", 2, outcome("p-1", ("XB", "b1"), label=red("XB"))))
    async with hook.bench.delivering():
        received = await hook.receiver.wait_for(2)
    assert [True, False] == ["withheld" in one.verify(SECRET) for one in received]
    assert b"Patrullas" not in received[0].body


@pytest.mark.stack
async def test_a_worker_that_dies_before_its_commit_delivers_again_under_the_same_id(hook: Hook) -> None:
    """When a worker is lost between the receiver's answer and its own commit, the item comes again, known by its id."""
    hook.receiver.answers = [Answer(after_seconds=0.5)]
    await hook.tell(1, 2)
    worker = hook.bench.delivering(config=replace(QUICK, term=timedelta(seconds=1)))
    await worker.__aenter__()
    await hook.receiver.wait_for(1)
    for task in asyncio.all_tasks():
        if "_Delivery.to" in repr(task):
            # As a kill would: nothing is settled and nothing released.
            task.cancel()
    await worker.__aexit__(None, None, None)
    assert 0 == (await hook.delivery())["delivered"]
    async with hook.bench.delivering():
        received = await hook.receiver.wait_for(3)
        await hook.delivered(2)
    assert [1, 1, 2] == [one.number for one in received]
    assert received[0].headers["webhook-id"] == received[1].headers["webhook-id"]


@pytest.mark.stack
async def test_a_worker_that_lost_its_lease_changes_nothing(hook: Hook) -> None:
    """A worker that comes back from a long wait does not set back what another has delivered meanwhile."""
    hook.receiver.answers = [Answer(after_seconds=1.5)]
    await hook.tell(1, 2)
    config = replace(QUICK, term=timedelta(seconds=0.3))
    async with hook.bench.delivering(timeout_seconds=5, config=config):
        await hook.receiver.wait_for(1)
        async with hook.bench.delivering():
            await hook.delivered(2)
            await asyncio.sleep(2)
    assert [1, 1, 2] == [one.number for one in hook.receiver.received]
    assert 2 == (await hook.delivery())["delivered"]


@pytest.mark.stack
async def test_two_workers_deliver_everything_once_and_in_order(hook: Hook) -> None:
    """Side by side, workers neither double an item nor overtake one another."""
    config = replace(QUICK, items_at_once=2)
    async with hook.bench.delivering(config=config), hook.bench.delivering(config=config):
        await hook.tell(*range(1, 31))
        received = await hook.receiver.wait_for(30)
        await hook.delivered(30)
    assert list(range(1, 31)) == [one.number for one in received]


@pytest.mark.stack
async def test_one_bad_endpoint_does_not_hold_up_another(hook: Hook) -> None:
    """Whoever's endpoint hangs waits alone."""
    async with receiving() as other:
        form = {"channel": {"kind": "webhook", "url": other.url}}
        assert 201 == (await hook.client.post("/v1/subscriptions", json=form)).status_code
        hook.receiver.answers = [Answer(after_seconds=1.5)] * 2
        async with hook.bench.delivering(timeout_seconds=1.0):
            await hook.tell(*range(1, 6))
            begin = asyncio.get_running_loop().time()
            received = await other.wait_for(5)
        assert [1, 2, 3, 4, 5] == [one.number for one in received]
        assert received[-1].at - begin < 1.5


@pytest.mark.stack
async def test_deleting_ends_delivery(hook: Hook) -> None:
    """A deleted webhook gets nothing more, also of what waited."""
    hook.receiver.answers = [Answer(500)]
    async with hook.bench.delivering():
        await hook.tell(1)
        await hook.receiver.wait_for(1)
        assert 204 == (await hook.client.delete(f"/v1/subscriptions/{hook.id}")).status_code
        await asyncio.sleep(1.2)
    assert 1 == len(hook.receiver.received)


async def test_only_vetted_addresses_are_connected_to(receiver: Receiver) -> None:
    """A name that points inside, under whatever spelling, is not connected to, although it is looked up again."""
    port = httpx.URL(receiver.url).port
    found = ["127.0.0.1"]

    async def lookup(_: str) -> list[str]:
        return found

    entry = Entry("v-1", 1, 1)
    async with open_sender(allow_loopback=False, lookup=lookup) as sender:
        attempts = [
            await sender.send("sub_1", f"https://{host}:{port}/hook", SECRET, entry)
            for host in ("inside.example.org", "127.0.0.1", "[::ffff:127.0.0.1]", "2130706433", "127.1", "localhost")
        ]
    assert {None} == {attempt.status for attempt in attempts}
    assert ["webhook_address"] * 3 == [attempt.reason for attempt in attempts[:3]]
    assert [] == receiver.received


async def test_the_receiver_is_told_the_body_that_was_signed(receiver: Receiver) -> None:
    """Id, time and body are those of the signature, and the body is the item as any range shows it."""
    entry = Entry("v-1", 1, 9)
    async with open_sender(allow_loopback=True) as sender:
        attempt = await sender.send("sub_ab", receiver.url, SECRET, entry)
    (received,) = receiver.received
    assert Attempt(204, "ok") == attempt
    assert "msg_ab_1_9" == received.headers["webhook-id"]
    assert json.loads(entry.body()) == Webhook(SECRET).verify(received.body, dict(received.headers))
