"""What anyone, and a partner, may read of what was reported."""

from istmo_oracle.building import Sent, activity, payment, transaction, withdrawal
from istmo_registry_api.registry import Registry, handle_of


async def test_programme_of_two_reporters(registry: Registry) -> None:
    """Two reports of one undertaking are read as one programme, under the id of either."""
    await registry.report(
        activity(Sent("1", 1), "A", "a1", "Youth violence prevention in San Pedro Sula", transactions=[transaction()]),
        activity(Sent("2", 2), "B", "b1", "Youth violence prevention in San Pedro Sula"),
    )
    one = await registry.read(f"/v1/programmes/{handle_of('A', 'a1')}")
    assert [("A", "a1", handle_of("A", "a1")), ("B", "b1", handle_of("B", "b1"))] == [
        (member["reporter"], member["activity"], member["id"]) for member in one["members"]
    ]
    assert [{"measure": "paid", "currency": "USD", "amount": "100"}] == one["totals"]
    assert one == await registry.read(f"/v1/programmes/{handle_of('B', 'b1')}")
    assert {"programmes": [one], "next": None} == await registry.read("/v1/programmes?q=youth+SULA&country=HN")
    assert {"programmes": [], "next": None} == await registry.read("/v1/programmes?country=GT")


async def test_withdrawn(registry: Registry) -> None:
    """The id of an activity that was taken back leads to a programme that says so, and its history tells when."""
    await registry.report(activity(Sent("1", 1), "A", "a1", "Youth"), withdrawal(Sent("2", 2), "A", "a1"))
    programme = await registry.read(f"/v1/programmes/{handle_of('A', 'a1')}")
    assert ("withdrawn", []) == (programme["state"], programme["members"])
    history = await registry.read(f"/v1/activities/{handle_of('A', 'a1')}/reports")
    assert ["reported", "withdrawn"] == [report["kind"] for report in history["reports"]]
    assert {"programmes": [], "next": None} == await registry.read("/v1/programmes")


async def test_payment_before_activity(registry: Registry) -> None:
    """A payment that comes before its activity is seen by its reporter alone, with the reason why it does not count."""
    mine = await registry.add_partner(name="A", owns=["A"])
    await registry.report(payment(Sent("1", 1), "A", "a1", "t1"))
    assert {"transactions": [], "next": None} == await registry.read("/v1/transactions")
    (entry,) = (await registry.read("/v1/transactions", mine))["transactions"]
    assert ("id:t1", "excluded", "before-activity") == (entry["id"], entry["fate"], entry["reason"])
    assert 404 == (await registry.get(f"/v1/activities/{handle_of('A', 'a1')}")).status_code
    assert "unknown" == (await registry.read(f"/v1/activities/{handle_of('A', 'a1')}", mine))["state"]


async def test_equal_line(registry: Registry) -> None:
    """A line told again in another activity of the programme names the one that counts instead."""
    line = transaction(ref="R1")
    title = "Youth violence prevention in San Pedro Sula"
    shared = [{"identifier": "AWARD-12345", "type": "A2"}]
    await registry.report(
        activity(Sent("1", 1), "A", "a1", title, transactions=[line], other_identifiers=shared),
        activity(Sent("2", 2), "A", "a2", title, transactions=[line], other_identifiers=shared),
    )
    counted, excluded = (await registry.read("/v1/transactions"))["transactions"]
    assert ("counted", None) == (counted["fate"], counted["replaced_by"])
    assert ("excluded", "equal-line") == (excluded["fate"], excluded["reason"])
    assert {"activity": counted["activity"], "id": "ref:3:R1"} == excluded["replaced_by"]
    assert [excluded] == (await registry.read("/v1/transactions?fate=excluded"))["transactions"]
