"""The history of an activity: each report under its own marking and the current one."""

from istmo_oracle.building import Sent, activity, import_withdrawal, transaction, withdrawal
from istmo_registry_api.registry import Registry, handle_of

HISTORY = f"/v1/activities/{handle_of('A', 'a1')}/reports"


async def titles(registry: Registry, partner: str | None = None) -> list[str]:
    """The titles of the reports that this reader sees, in order."""
    history = await registry.read(HISTORY, partner)
    return [report["report"]["title"][0]["text"] for report in history["reports"]]


async def test_title_that_returns(registry: Registry) -> None:
    """A title that goes from A to B and back is read as three reports, with what each said."""
    await registry.report(*(activity(Sent(str(n), n), "A", "a1", title) for n, title in enumerate("ABA", start=1)))
    assert ["A", "B", "A"] == await titles(registry)
    first = await registry.read(f"{HISTORY}?limit=2")
    rest = await registry.read(first["next"])
    assert ["A", "B", "A"] == [r["report"]["title"][0]["text"] for r in [*first["reports"], *rest["reports"]]]
    assert rest["next"] is None


async def test_restricted_between(registry: Registry) -> None:
    """A report that was restricted stays with its reporter, and nobody else can tell that it was there."""
    mine = await registry.add_partner(name="A", owns=["A"])
    await registry.report(
        activity(Sent("1", 1), "A", "a1", "open"),
        activity(Sent("2", 2), "A", "a1", "secret", tlp="RED"),
        activity(Sent("3", 3), "A", "a1", "open"),
    )
    assert ["open"] == await titles(registry)
    assert ["open", "secret", "open"] == await titles(registry, mine)


async def test_stricter_version(registry: Registry) -> None:
    """A stricter version takes all that was said from those who may not read it, and gives it back when eased."""
    stranger = await registry.add_partner(name="B", owns=["B"])
    await registry.report(
        activity(Sent("1", 1), "A", "a1", "open"), activity(Sent("2", 2), "A", "a1", "no", tlp="AMBER")
    )
    assert 404 == (await registry.get(HISTORY, stranger)).status_code
    await registry.report(activity(Sent("3", 3), "A", "a1", "eased"))
    assert ["open", "eased"] == await titles(registry, stranger)


async def test_restricted_line(registry: Registry) -> None:
    """A line marked stricter than its activity is in no list, identity or sum that others read."""
    mine = await registry.add_partner(name="A", owns=["A"])
    hidden = transaction("7", ref="R", marking={"tlp": "GREEN"})
    await registry.report(activity(Sent("1", 1), "A", "a1", "open", transactions=[hidden, transaction("5", ref="R")]))
    (seen,) = (await registry.read(HISTORY))["reports"]
    assert ["5"] == [line["value"]["amount"] for line in seen["transactions"]]
    (line,) = (await registry.read("/v1/transactions"))["transactions"]
    # With the other one its reference would not be unique.
    assert ("ref:3:R", "5") == (line["id"], line["transaction"]["value"]["amount"])
    assert 2 == len((await registry.read("/v1/transactions", mine))["transactions"])
    programme = await registry.read(f"/v1/programmes/{handle_of('A', 'a1')}", mine)
    assert [{"measure": "paid", "currency": "USD", "amount": "5"}] == programme["totals"]


async def test_withdrawn_import(registry: Registry) -> None:
    """What a withdrawn import reported is in no history, and what it had ended, restricted or renamed is as before."""
    mine = await registry.add_partner(name="A", owns=["A"])
    await registry.report(
        activity(Sent("1", 1), "A", "a1", "before", transactions=[transaction("5")]),
        activity(Sent("2", 2, import_id="i"), "A", "a1", "imported", transactions=[]),
        activity(Sent("3", 3, import_id="i"), "A", "a1", "secret", tlp="RED"),
        withdrawal(Sent("4", 4, import_id="i"), "A", "a1"),
    )
    assert 404 == (await registry.get(HISTORY)).status_code
    await registry.report(import_withdrawal(Sent("5", 5), "i"))
    assert ["before"] == await titles(registry) == await titles(registry, mine)
    seen = await registry.read(f"/v1/activities/{handle_of('A', 'a1')}")
    assert ("standing", "before") == (seen["state"], seen["report"]["title"][0]["text"])
    assert 1 == len((await registry.read("/v1/transactions"))["transactions"])


async def test_nothing_but_a_withdrawn_import(registry: Registry) -> None:
    """An activity of which a withdrawn import alone told is gone for everybody, until another import brings it back."""
    mine = await registry.add_partner(name="A", owns=["A"])
    one = f"/v1/activities/{handle_of('A', 'a1')}"
    await registry.report(
        import_withdrawal(Sent("2", 2), "i"), activity(Sent("i/1", 1, import_id="i"), "A", "a1", "it")
    )
    assert [404, 404] == [(await registry.get(address)).status_code for address in (one, HISTORY)]
    assert [[], []] == [
        (await registry.read("/v1/activities?reporter=A", partner))["activities"] for partner in (None, mine)
    ]
    seen = await registry.read(one, mine)
    assert ("unknown", None) == (seen["state"], seen["report"])
    await registry.report(activity(Sent("j/1", 3, import_id="j"), "A", "a1", "it"))
    assert ["it"] == await titles(registry)
    assert handle_of("A", "a1") == (await registry.read(one))["programme"]
