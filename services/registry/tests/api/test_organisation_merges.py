"""The steward makes two records of the directory one, and takes it back."""

from typing import Any

import pytest

from istmo_oracle.building import Sent, activity, transaction
from istmo_registry.domain.directory import KNOWN_ORGANISATIONS
from istmo_registry.registering.organisations import Directory
from istmo_registry_api.registry import ADMIN, Registry

MERGES = "/v1/organisation-merges"
TWO = {"kept": "de-giz", "merged": "de-bmz"}


@pytest.fixture
async def desk(registry: Registry) -> dict[str, str]:
    """The headers of a steward; the directory knows who matters here."""
    await Directory(registry.pool).begin_with(KNOWN_ORGANISATIONS)
    return registry.keys[await registry.add_partner(name="Desk", steward=True, custodian_of="unclaimed")]


async def post(registry: Registry, headers: dict[str, str], tail: str = "", **form: Any) -> str:
    """Ask for a merge or an undo, and let the registry read it: its id."""
    answer = await registry.client.post(f"{MERGES}{tail}", headers=headers, json=form)
    assert answer.status_code == 202, answer.text
    await registry.fold_organisations()
    return str(answer.json()["id"])


async def kept_for(registry: Registry, organisation: str) -> str | None:
    """The record in place of this one."""
    merged_into: str | None = (await registry.read(f"/v1/organisations/{organisation}"))["merged_into"]
    return merged_into


async def test_merge_and_undo(registry: Registry, desk: dict[str, str]) -> None:
    """A merge shows on both records, and its undoing leaves them as they were; who did what and why stays on record."""
    merge = await post(registry, desk, **TWO, reason="One agency", marking={"tlp": "CLEAR"})
    assert "de-giz" == await kept_for(registry, "de-bmz")
    assert ["de-bmz"] == (await registry.read("/v1/organisations/de-giz"))["merged"]
    undo = await post(registry, ADMIN, f"/{merge}/undo")
    assert (None, []) == (
        await kept_for(registry, "de-bmz"),
        (await registry.read("/v1/organisations/de-giz"))["merged"],
    )
    (told,) = (await registry.read(MERGES))["merges"]
    assert (merge, "desk", "One agency") == (told["id"], told["author"], told["reason"])
    assert (undo, "(operator)", None) == tuple(told["undone"][name] for name in ("id", "author", "reason"))


async def test_matching_sees_a_merge(registry: Registry, desk: dict[str, str]) -> None:
    """Works whose funders become one are compared again, by themselves, and again when the merge is undone."""

    def funded(by: str) -> dict[str, Any]:
        return {"participating_organisations": [{"role": "1", "names": [{"text": by}]}]}

    await registry.report(
        activity(Sent("1", 1), "XA", "a", "Joint border patrols against contraband", **funded("GIZ")),
        activity(Sent("2", 2), "XB", "b", "Joint border patrols against contraband", **funded("BMZ")),
    )

    async def scores() -> list[str]:
        await registry.rest()
        key = (await registry.client.get("/v1/pairs", headers=desk)).json()
        return [pair["score"] for pair in key["pairs"]]

    before = await scores()
    merge = await post(registry, desk, **TWO)
    merged = await scores()
    await post(registry, desk, f"/{merge}/undo")
    assert (True, before) == (float(merged[0]) > float(before[0]), await scores())


async def test_refusals(registry: Registry, desk: dict[str, str]) -> None:
    """Only the desk and operators merge; what makes no sense is refused with its place."""
    partner = registry.keys[await registry.add_partner(name="Police", owns=["HN-POL"])]

    async def refused(headers: dict[str, str], tail: str = "", **form: Any) -> tuple[int, list[tuple[str, str]]]:
        answer = await registry.client.post(f"{MERGES}{tail}", headers=headers, json=form)
        return answer.status_code, [(e["pointer"], e["code"]) for e in answer.json().get("errors", [])]

    assert (401, []) == await refused({}, **TWO)
    assert (403, []) == await refused(partner, **TWO)
    assert (422, [("/body", "own_merge")]) == await refused(desk, kept="undp", merged="undp")
    assert (422, [("/body", "unmarked_reason")]) == await refused(desk, **TWO, reason="Because")
    assert (409, [("/body/merged", "unknown_organisation")]) == await refused(desk, kept="undp", merged="nobody")
    merge = await post(registry, desk, **TWO)
    assert (409, [("/body/merged", "merged_already")]) == await refused(desk, kept="de-bmz", merged="de-giz")
    assert (404, []) == await refused(desk, "/m-unknown/undo")
    assert (403, []) == await refused(partner, f"/{merge}/undo")
    assert (422, [("/body/marking", "unmarked_reason")]) == await refused(desk, f"/{merge}/undo", reason="Because")
    await post(registry, desk, f"/{merge}/undo")
    assert (409, [("/body", "undone_already")]) == await refused(desk, f"/{merge}/undo")


async def test_reason_is_marked(registry: Registry, desk: dict[str, str]) -> None:
    """A restricted reason is read by stewards alone; everybody else sees the merge without it."""
    other = registry.keys[await registry.add_partner(name="Other", owns=["X"], custodian_of=["desk"])]
    second = registry.keys[await registry.add_partner(name="Second", steward=True)]
    merge = await post(registry, desk, **TWO, reason="hushed", marking={"tlp": "AMBER+STRICT"})
    await post(registry, desk, f"/{merge}/undo", reason="hushed too", marking={"tlp": "RED"})

    async def reasons(headers: dict[str, str]) -> tuple[str | None, str | None]:
        (told,) = (await registry.client.get(MERGES, headers=headers)).json()["merges"]
        return told["reason"], told["undone"]["reason"]

    assert [(None, None)] * 3 == [await reasons(headers) for headers in ({}, ADMIN, other)]
    assert [("hushed", "hushed too")] * 2 == [await reasons(headers) for headers in (desk, second)]


async def test_the_frame_follows_merges(registry: Registry, desk: dict[str, str]) -> None:
    """Money of an organisation that was merged counts for the kind of the one that is kept, until that is undone."""

    async def kinds() -> set[str]:
        return {row["kind"] for row in (await registry.read("/v1/frame"))["rows"]}

    paid = transaction("5", provider={"identifier": "XM-DAC-5-52"})
    await registry.report(activity(Sent("1", 1), "XA", "a", "Joint border patrols", transactions=[paid]))
    assert {"other-nation"} == await kinds()
    merge = await post(registry, desk, kept="iadb", merged="de-giz")
    assert {"international-financial-institution"} == await kinds()
    await post(registry, desk, f"/{merge}/undo")
    assert {"other-nation"} == await kinds()


async def test_references_are_told_by_whom_they_mean(registry: Registry, desk: dict[str, str]) -> None:
    """One name in reports of two countries means two bodies; what means the same everywhere is told once."""
    named = [{"role": role, "names": [{"text": name}]} for role, name in (("1", "GIZ"), ("4", "PNC"), ("4", "Nadie"))]
    await registry.report(
        *(
            activity(
                Sent(str(at), at),
                "XA",
                f"a{at}",
                "Patrols",
                country=None,
                recipient_countries=[{"code": code} for code in codes],
                participating_organisations=named,
            )
            for at, codes in enumerate((["GT"], ["SV"], ["GT"], ["GT", "SV"]), 1)
        )
    )
    answer = await registry.read("/v1/organisation-references")
    told = {
        (*one["names"], one["organisation"] and one["organisation"]["id"], one["evidence"]): (
            one["times"],
            one["activities"],
            [example["activity"] for example in one["examples"]],
        )
        for one in answer["references"]
        if one["names"]
    }
    assert {
        ("GIZ", "de-giz", "alias"): (4, 4, ["a1", "a2", "a3", "a4"]),
        ("Nadie", None, None): (4, 4, ["a1", "a2", "a3", "a4"]),
        ("PNC", "gt-police", "country"): (2, 2, ["a1", "a3"]),
        ("PNC", "sv-police", "country"): (1, 1, ["a2"]),
        ("PNC", None, None): (1, 1, ["a4"]),
    } == told
    assert {("country", 2, 3), ("alias", 1, 4)} <= {
        (count["evidence"], count["references"], count["times"]) for count in answer["counts"]
    }


async def test_references_follow_merges(registry: Registry, desk: dict[str, str]) -> None:
    """What reports name is resolved by the whole directory as it is merged, and a record that the desk added counts."""
    lines = [
        transaction("5", receiver={"names": [{"text": "PNH"}]}),
        transaction("6", receiver={"identifier": "HN-POL"}),
    ]
    taking_part = [{"role": "1", "names": [{"text": "Kreditanstalt"}]}, {"role": "4", "identifier": "DE-1"}]
    await registry.report(
        activity(Sent("1", 1), "XA", "a", "Patrols", transactions=lines, participating_organisations=taking_part)
    )

    async def found(query: str) -> list[tuple[str | None, list[str], str, Any]]:
        answer = await registry.read(f"/v1/organisation-references?{query}")
        return [
            (one["identifier"], one["names"], one["outcome"], one["organisation"] and one["organisation"]["id"])
            for one in answer["references"]
        ]

    unknown = [("HN-POL", []), ("XA", []), (None, ["Kreditanstalt"]), (None, ["PNH"])]
    assert [(*one, "unknown", None) for one in unknown] == await found("outcome=unresolved")
    police = {"names": {"es": "Policía", "en": "Police"}, "kind": "isthmus-government", "identifiers": ["HN-POL"]}
    form = {"id": "mine", **police, "aliases": ["PNH"]}
    assert 201 == (await registry.client.post("/v1/organisations", headers=desk, json=form)).status_code
    await post(registry, desk, kept="hn-police", merged="mine")
    await post(registry, desk, **TWO)
    assert [("HN-POL", [], "resolved", "hn-police"), (None, ["PNH"], "resolved", "hn-police")] == await found(
        "organisation=hn-police"
    )
    assert [("DE-1", [], "resolved", "de-giz")] == await found("organisation=de-giz")
