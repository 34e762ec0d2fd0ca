"""What operators are told of a trace: what each stage did for it, and what endpoints have not taken."""

from typing import Any

import pytest

from istmo_notify_samples import ADMIN_KEY, outcome, partner, sent_programme
from istmo_notify_samples.bench import Bench, until
from istmo_notify_samples.receiving import Answer, receiving

pytestmark = pytest.mark.stack

TRACE = "c" * 32


async def followed(bench: Bench) -> Any:
    async with bench.client() as client:
        answer = await client.get(
            "/v1/admin/stages", params={"trace": TRACE}, headers={"Authorization": f"Bearer {ADMIN_KEY}"}
        )
    assert 200 == answer.status_code, answer.text
    return answer.json()


async def test_a_trace_leads_to_lists_and_every_attempt(bench: Bench) -> None:
    """An operator who follows a report sees which lists were told, each attempt at delivery, and what is still due."""
    await bench.partners(partner("pa", "XA"))
    programme = outcome("p-1", ("XA", "a1"))
    async with receiving() as receiver, bench.client("pa") as client:
        await client.post("/v1/subscriptions", json={"channel": {"kind": "webhook", "url": receiver.url}})
        await bench.take(sent_programme("k1", 1, programme, traceparent=f"00-{TRACE}-{'d' * 16}-00"))
        before = await followed(bench)
        assert [("intake", "programmes/k1")] == [(each["stage"], each["subject"]) for each in before["stages"]]
        assert "pa" in {each["reader"] for each in before["told"]}
        assert [0] == [each["failures"] for each in before["undelivered"]]

        receiver.answers.append(Answer(status=500))
        async with bench.delivering():

            async def delivered() -> bool:
                return (await followed(bench))["undelivered"] == []

            await until(delivered)
    attempts = [each["outcome"] for each in (await followed(bench))["stages"] if each["stage"] == "deliver"]
    assert ["failed: status, 500", "taken, 204"] == attempts


async def test_the_same_version_again_is_known_already(bench: Bench) -> None:
    """A record that came a second time is seen to have changed nothing."""
    programme = outcome("p-1", ("XA", "a1"))
    again = sent_programme("k1", 1, programme, traceparent=f"00-{TRACE}-{'d' * 16}-00")
    await bench.take(again)
    await bench.take(again)
    assert "known already" == (await followed(bench))["stages"][1]["outcome"]
