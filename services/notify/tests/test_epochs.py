"""After a restore every list goes on in an epoch of its own, and says where the one before ended."""

import pytest

from istmo_notify.store.epochs import close_epochs
from istmo_notify_samples import outcome, partner, sent_programme
from istmo_notify_samples.bench import Bench
from istmo_notify_samples.receiving import receiving

PA = partner("pa", "XA")
SECRET = "whsec_" + "c2VjcmV0" * 4

pytestmark = pytest.mark.stack


async def _restored(bench: Bench) -> None:
    async with bench.pool.connection() as connection:
        await close_epochs(connection)


async def test_a_webhook_first_gets_what_was_left_then_the_end_of_its_epoch(bench: Bench) -> None:
    """Nothing is skipped: items of before the backup still come, then the last number of their epoch, then the next."""
    await bench.partners(PA)
    async with receiving() as receiver, bench.client("pa") as pa:
        form = {"channel": {"kind": "webhook", "url": receiver.url}}
        made = (await pa.post("/v1/subscriptions", json=form)).json()
        for number in (1, 2):
            await bench.take(sent_programme(f"k{number}", 1, outcome(f"p-{number}", ("XA", f"a{number}"))))
        await _restored(bench)
        await bench.take(sent_programme("k3", 1, outcome("p-3", ("XA", "a3"))))
        async with bench.delivering():
            items = [one.verify(SECRET) for one in await receiver.wait_for(4)]
        document = (await pa.get(f"/v1/subscriptions/{made['id']}")).json()
    epoch = items[-1]["epoch"]
    assert epoch > 1
    places = [(item["epoch"], item["number"]) for item in items]
    assert [(1, 1), (1, 2), (epoch, 1), (epoch, 2)] == places
    assert ("epoch.opened", "programme.changed") == (items[2]["type"], items[3]["type"])
    assert {"closed": {"epoch": 1, "last": 2}} == items[2]["data"]
    assert (epoch, 0, 2) == (document["epoch"], document["start"], document["last"])


async def test_the_public_feed_says_where_its_epoch_ended(bench: Bench) -> None:
    """Who follows the feed, filtered or not, learns the last number, and that an old place is another epoch's."""
    await bench.take(sent_programme("k1", 1, outcome("p-1", ("XA", "a1"))))
    await _restored(bench)
    anyone = bench.client()
    for query in ("", "&countries=PA"):
        page = (await anyone.get(f"/v1/feed?after=0{query}")).json()
        assert [{"closed": {"epoch": 1, "last": 1}}] == [item["data"] for item in page["items"]]
    streaming = {"Accept": "text/event-stream", "Last-Event-ID": "1-1"}
    assert 409 == (await anyone.get("/v1/feed", headers=streaming)).status_code


async def test_a_second_restore_uses_no_epoch_again(bench: Bench) -> None:
    """The same backup restored twice gives two different epochs, so that no number is ever told twice."""
    anyone = bench.client()
    await _restored(bench)
    first = (await anyone.get("/v1/feed")).json()["epoch"]
    async with bench.pool.connection() as connection:
        await connection.execute("UPDATE views SET epoch = 1, last = 0")
        await connection.execute("DELETE FROM items")
        await connection.execute("SELECT pg_sleep(1.1)")
    await _restored(bench)
    assert first < (await anyone.get("/v1/feed")).json()["epoch"]
