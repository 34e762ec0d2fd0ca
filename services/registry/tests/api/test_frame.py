"""The first answer: country, line and goal, by kind of payer and year."""

from typing import Any

from istmo_oracle.building import Sent, activity, transaction
from istmo_registry_api.registry import ADMIN, Registry

PURPOSE = {"sectors": [{"code": "15130", "vocabulary": "1"}]}


def rows(frame: dict[str, Any]) -> dict[tuple[Any, ...], dict[str, str]]:
    """The sums that are not zero, by (currency, year, country, kind), over all lines and goals."""
    found: dict[tuple[Any, ...], dict[str, str]] = {}
    for row in frame["rows"]:
        sums = {name: amount for name, amount in row["sums"].items() if float(amount)}
        found[row["currency"], row["year"], row["country"], row["kind"]] = sums
    return found


async def test_frame(registry: Registry) -> None:
    """Outgoing money stands by the payer's kind and year; what was received stands apart and is added to nothing."""
    await registry.add_partner(name="Police", owns=["HN-POL"], kind="isthmus-government")
    await registry.client.post(
        "/v1/organisations",
        headers=ADMIN,
        json={"id": "inl", "names": {"es": "INL", "en": "INL"}, "kind": "us-agency", "identifiers": ["US-INL"]},
    )
    lines = [
        transaction("100", "3", date="2024-10-01"),
        transaction("30", "3", date="2024-05-01", provider={"identifier": "US-INL"}),
        transaction("50", "1", date="2024-05-01", provider={"identifier": "XX-UNHEARD-OF"}),
        transaction("9", "4", date="2024-05-01", currency="HNL"),
    ]
    await registry.report(activity(Sent("1", 1), "HN-POL", "h1", "Patrols", transactions=lines))
    assert {
        ("HNL", 2024, "HN", "isthmus-government"): {"spent": "9.00"},
        ("USD", 2024, "HN", "us-agency"): {"paid": "30.00"},
        ("USD", 2024, "HN", "isthmus-government"): {"paid": "100.00"},
        ("USD", 2024, "HN", "unknown"): {"received": "50.00"},
    } == rows(await registry.read("/v1"))
    fiscal = await registry.read("/v1/frame?year=us-fiscal&from=2025&currency=USD&country=HN")
    assert {("USD", 2025, "HN", "isthmus-government"): {"paid": "100.00"}} == rows(fiscal)
    assert (
        "recibido, no se suma"
        == (await registry.read("/v1", **{"Accept-Language": "es"}))["names"]["columns"]["received"]
    )


async def test_source_of_a_payer(registry: Registry) -> None:
    """A provider from whom the reporter tells that it received is a source: the reporter is who pays."""
    await registry.add_partner(name="Police", owns=["HN-POL"], kind="isthmus-government")
    await registry.add_partner(name="INL", owns=["US-INL"], kind="us-agency")
    inl = {"provider": {"identifier": "US-INL"}}
    lines = [transaction("100", "1", **inl), transaction("40", "3", **inl)]
    await registry.report(activity(Sent("1", 1), "HN-POL", "h1", "Patrols", transactions=lines))
    assert {
        ("USD", 2026, "HN", "us-agency"): {"received": "100.00"},
        ("USD", 2026, "HN", "isthmus-government"): {"paid": "40.00"},
    } == rows(await registry.read("/v1"))


async def test_work_that_names_carsi(registry: Registry) -> None:
    """What belongs to work that names CARSI is marked, also where only another report of the same work names it."""
    title = "Youth violence prevention in San Pedro Sula"
    described = [{"narratives": [{"text": "Financiado por la Iniciativa Regional de Seguridad para América Central"}]}]
    await registry.report(
        activity(Sent("1", 1), "A", "a1", title, transactions=[transaction("100")]),
        activity(Sent("2", 2), "B", "b1", title, descriptions=described),
        activity(Sent("3", 3), "C", "c1", "Road safety", transactions=[transaction("5")]),
    )
    (total,) = (await registry.read("/v1"))["totals"]
    assert ("105.00", "100.00") == (total["sums"]["paid"], total["of_carsi"]["paid"])


async def test_unknown_place(registry: Registry) -> None:
    """A place that the frame does not have is refused with the list to look in, in the reader's language."""
    answer = await registry.get("/v1/frame?country=MX", **{"Accept-Language": "es"})
    assert (422, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    (error,) = answer.json()["errors"]
    assert ("/query/country", "El código no está en la lista places.") == (error["pointer"], error["detail"])
