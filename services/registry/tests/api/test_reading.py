"""What anyone, and a partner, may read of what was reported."""

from dataclasses import replace
from decimal import Decimal

import httpx
import pytest
from psycopg import OperationalError

from istmo_common.access import Access
from istmo_common.postgres import open_pool
from istmo_oracle.building import Sent, activity, payment, transaction, withdrawal
from istmo_registry.api.application import application
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.store.snapshot import snapshot
from istmo_registry_api.registry import ADMIN, Registry, handle_of
from istmo_stack.ports import free_port


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


async def test_pages(registry: Registry) -> None:
    """Pages, followed from one to the next, give every item once and in order, and the last leads no further."""
    lines = [transaction(str(amount)) for amount in (1, 1, 2, 3)]
    await registry.report(*(activity(Sent(f"{n}", n), "A", f"a{n}", f"Work {n}", transactions=lines) for n in range(3)))
    whole = (await registry.read("/v1/transactions"))["transactions"]
    for name, size in (("transactions", 12), ("activities", 3), ("programmes", 3)):
        found: list[object] = []
        address = f"/v1/{name}?limit=5" if name == "transactions" else f"/v1/{name}?limit=2&reporter=A"
        address = address if name != "programmes" else "/v1/programmes?limit=2&organisation=A"
        while address:
            page = await registry.read(address)
            found += page[name]
            address = page["next"]
        assert size == len(found)
        assert whole == found or name != "transactions"


async def test_pairs(registry: Registry) -> None:
    """A partner is shown what its activities were compared with, and why, in its language; the public is not."""
    mine = await registry.add_partner(name="A", owns=["A"], language="es")
    other = await registry.add_partner(name="C", owns=["C"])
    desk = await registry.add_partner(name="Desk", steward=True)
    await registry.report(
        activity(
            Sent("1", 1),
            "A",
            "a1",
            "Youth violence prevention in San Pedro Sula",
            dates=[{"type": "2", "date": "2024-03-11"}],
        ),
        activity(
            Sent("2", 2),
            "B",
            "b1",
            "Youth violence prevention in San Pedro Sula",
            dates=[{"type": "2", "date": "2024-03-11"}],
        ),
    )
    (pair,) = (await registry.read("/v1/pairs", mine))["pairs"]
    assert ("a1", "b1", "same") == (pair["a"]["activity"], pair["b"]["activity"], pair["verdict"])
    (english,) = (await registry.read("/v1/pairs", desk))["pairs"]
    assert [each["field"] for each in pair["evidence"]] == [each["field"] for each in english["evidence"]]
    assert pair["evidence"][0]["sentence"] != english["evidence"][0]["sentence"]
    assert [] == (await registry.read("/v1/pairs", other))["pairs"]
    assert 401 == (await registry.get("/v1/pairs")).status_code


async def test_what_a_reporter_may_mend(registry: Registry) -> None:
    """Parts of one work, and what may be one, are told to their reporter and to the desk, in their language."""
    mine = await registry.add_partner(name="A", owns=["A"], language="es")
    other = await registry.add_partner(name="B", owns=["B"])
    desk = await registry.add_partner(name="Desk", steward=True)
    dated = {"dates": [{"type": "2", "date": "2024-03-11"}, {"type": "3", "date": "2025-05-20"}]}
    award = {
        "recipient_countries": [{"code": "HN"}],
        "sectors": [{"code": "15160", "vocabulary": "1"}],
        "other_identifiers": [{"identifier": "SINLEC24CA0031", "type": "A2"}],
    }
    title = "Youth violence prevention in San Pedro Sula"
    await registry.report(
        activity(Sent("1", 1), "A", "a1", title, **dated, **award),
        activity(Sent("2", 2), "A", "a2", title, **dated, **award),
        activity(Sent("3", 3), "A", "a3", f"{title}, phase II", **dated),
        activity(Sent("4", 4), "B", "b1", "Mobile courts for remote valleys"),
    )
    lines = (await registry.read("/v1/data-quality", mine))["lines"]
    assert [("fragments", ["a1", "a2"]), ("possible-duplicate", ["a1", "a3"])] == [
        (line["kind"], [each["activity"] for each in line["activities"]]) for line in lines
    ]
    assert "Estas 2 actividades" in lines[0]["sentence"]
    assert [lines[0]["activities"]] == [
        line["activities"] for line in (await registry.read("/v1/data-quality?limit=1", desk))["lines"]
    ]
    assert [] == (await registry.read("/v1/data-quality", other))["lines"]
    assert 401 == (await registry.get("/v1/data-quality")).status_code


async def test_the_desk_is_told_of_what_would_be_too_large(registry: Registry) -> None:
    """Where likeness joins more than a programme may hold, the line rises for that piece, and the desk sees it."""
    mine = await registry.add_partner(name="A", owns=["A"])
    desk = await registry.add_partner(name="Desk", steward=True, language="es")
    narrow = replace(PARAMETERS, largest_programme=2, raised_lines=(Decimal(999),))
    award = {
        "recipient_countries": [{"code": "HN"}],
        "other_identifiers": [{"identifier": "SINLEC24CA0031", "type": "A2"}],
        "dates": [{"type": "2", "date": "2024-03-11"}, {"type": "3", "date": "2025-05-20"}],
    }
    parts = [
        activity(Sent(str(number), number), "A", f"a{number}", "Youth violence prevention in San Pedro Sula", **award)
        for number in (1, 2, 3)
    ]
    await registry.report(*parts, parameters=narrow)
    assert [] == (await registry.read("/v1/data-quality", mine))["lines"]
    (line,) = (await registry.read("/v1/data-quality", desk))["lines"]
    assert ("too-many", 3) == (line["kind"], line["count"])
    assert ["a1", "a2", "a3"] == [each["activity"] for each in line["activities"]]
    assert "Estas 3 actividades" in line["sentence"]
    assert "999 puntos" in line["sentence"]

    await registry.report(withdrawal(Sent("4", 4), "A", "a2"), parameters=narrow)
    for reader in (mine, desk):
        (line,) = (await registry.read("/v1/data-quality", reader))["lines"]
        assert ("fragments", 2) == (line["kind"], line["count"])


async def test_the_operators_key_reads_as_the_public_does(registry: Registry) -> None:
    """An operator who tries an address that anyone may read gets its answer, and nothing that is not for all."""
    await registry.add_partner(name="A", owns=["A"])
    hidden = activity(Sent("2", 2), "A", "a2", "Hidden", tlp="GREEN")
    await registry.report(activity(Sent("1", 1), "A", "a1", "Youth"), hidden)
    answer = await registry.client.get("/v1/activities", headers=ADMIN)
    assert (200, ["a1"]) == (answer.status_code, [each["activity"] for each in answer.json()["activities"]])
    assert 401 == (await registry.client.get("/v1/pairs", headers=ADMIN)).status_code


async def test_a_question_that_takes_too_long_is_ended(registry: Registry) -> None:
    """Whoever asks for a great deal does not hold the database up for the others: the answer is 503."""
    with pytest.raises(OperationalError):
        async with snapshot(registry.pool, longest_seconds=0.1) as database:
            await database.execute("SELECT pg_sleep(20)")
    assert 200 == (await registry.get("/v1/programmes")).status_code


async def test_unavailable(registry: Registry) -> None:
    """With the database away the answer says so, and when to come again."""
    async with open_pool(f"postgresql://127.0.0.1:{free_port()}/away", "registry", timeout_seconds=0.2) as pool:
        app = application(replace(registry.parts, pool=pool, access=Access(registry.directory, None)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry") as client:
            answer = await client.get("/v1")
    assert (503, "2") == (answer.status_code, answer.headers["retry-after"])
    assert "/problems/unavailable" == answer.json()["type"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("programmes?country=ZZ", "/query/country"),
        ("programmes?line=4", "/query/line"),
        ("programmes?goal=6", "/query/goal"),
        ("transactions?type=99", "/query/type"),
        ("organisations?kind=ministry", "/query/kind"),
        ("frame?country=ZZ", "/query/country"),
        ("frame?currency=ZZZ", "/query/currency"),
    ],
)
async def test_a_code_that_does_not_exist_is_refused(registry: Registry, query: str, pointer: str) -> None:
    """Whoever filters by a slip of the pen is told so, instead of seeing an empty list and believing it."""
    answer = await registry.get(f"/v1/{query}")
    assert 422 == answer.status_code
    assert [(pointer, "not_in_codelist")] == [(e["pointer"], e["code"]) for e in answer.json()["errors"]]


async def test_a_day_is_a_day(registry: Registry) -> None:
    """A number is not taken for a point in time since 1970: whoever filters by it is told what a day looks like."""
    answer = await registry.get("/v1/transactions?to=0")
    assert 422 == answer.status_code
    assert ["/query/to"] == [each["pointer"] for each in answer.json()["errors"]]
