"""The directory of organisations."""

import json
from typing import Any

from istmo_common.events.organisations import OrganisationChanged
from istmo_oracle.building import Sent, activity
from istmo_registry.domain.directory import KNOWN_ORGANISATIONS
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.registering.organisations import Directory
from istmo_registry.stages.fold import Batch, Folding, fold
from istmo_registry_api.registry import ADMIN, Registry

TITLE = "Joint border patrols against contraband"
POLICE: dict[str, Any] = {
    "id": "policia-hn",
    "names": {"es": "Policía Nacional", "en": "National Police"},
    "kind": "isthmus-government",
    "identifiers": ["HN-GOV-9", "HN-POL"],
    "aliases": ["PNH"],
}


async def test_add_and_read(registry: Registry) -> None:
    """The desk makes an organisation known; anyone reads it, with who reports for it."""
    desk = await registry.add_partner(name="Desk", steward=True, custodian_of=["HN-POL"])
    owner = await registry.add_partner(name="Police", owns=["HN-GOV-9"])
    added = await registry.client.post("/v1/organisations", headers=registry.keys[desk], json=POLICE)
    assert 201 == added.status_code
    apart = {"merged_into": None, "merged": []}
    expected = {**POLICE, "family": None, "owner": owner, "custodians": [desk], **apart}
    assert expected == await registry.read("/v1/organisations/policia-hn")
    assert {"organisations": [expected], "next": None} == await registry.read("/v1/organisations?identifier=HN-POL")
    refused = await registry.client.post("/v1/organisations", headers=registry.keys[owner], json=POLICE)
    assert 403 == refused.status_code


async def test_search(registry: Registry) -> None:
    """An organisation is found by a piece of what it is called, whatever case and accents, page by page."""
    await Directory(registry.pool).begin_with(KNOWN_ORGANISATIONS)
    for text, expected in (("policia nacional de hon", ["hn-police"]), ("oij", ["cr-oij"]), ("xm-dac-41114", ["undp"])):
        answer = await registry.read(f"/v1/organisations?q={text}")
        assert expected == [found["id"] for found in answer["organisations"]]
    found, page = [], "/v1/organisations?q=Honduras&kind=isthmus-government&limit=7"
    while page:
        answer = await registry.read(page)
        found += [each["id"] for each in answer["organisations"]]
        page = answer["next"]
    whole = await registry.read("/v1/organisations?q=Honduras&kind=isthmus-government&limit=200")
    assert (True, [each["id"] for each in whole["organisations"]]) == (len(found) > 7, found)


async def test_identifier_of_another(registry: Registry) -> None:
    """An identifier names one organisation: a second that claims it is refused, with the place."""
    await registry.client.post("/v1/organisations", headers=ADMIN, json=POLICE)
    other = POLICE | {"id": "other", "identifiers": ["XX", "HN-POL"]}
    answer = await registry.client.post("/v1/organisations", headers=ADMIN, json=other)
    assert (409, "/body/identifiers/1") == (answer.status_code, answer.json()["errors"][0]["pointer"])


async def test_change_published_and_folded(registry: Registry) -> None:
    """A change is published whole with a higher version; folding the events again, in any order, changes nothing."""
    await registry.client.post("/v1/organisations", headers=ADMIN, json=POLICE)
    changed = {name: value for name, value in POLICE.items() if name != "id"} | {"identifiers": ["HN-POL"]}
    answer = await registry.client.put("/v1/organisations/policia-hn", headers=ADMIN, json=changed)
    events = [OrganisationChanged.model_validate(json.loads(v)) for _, _, v in await registry.outbox("organisations")]
    assert [1, 2] == [event.version for event in events]
    folding = Folding(lambda _: "", PARAMETERS)
    for event in reversed(events):
        await registry.runner.run(fold(Batch(organisations=[event]), folding))
    assert answer.json() == await registry.read("/v1/organisations/policia-hn")
    assert 404 == (await registry.client.put("/v1/organisations/x", headers=ADMIN, json=changed)).status_code


async def test_matching_follows(registry: Registry) -> None:
    """Works whose funder the directory did not know are compared again, by themselves, once the desk has named it."""

    desk = registry.keys[await registry.add_partner(name="Desk", steward=True, custodian_of="unclaimed")]

    async def told() -> list[tuple[str, list[str]]]:
        await registry.rest()
        pairs = (await registry.client.get("/v1/pairs", headers=desk)).json()["pairs"]
        return [(pair["score"], [evidence["field"] for evidence in pair["evidence"]]) for pair in pairs]

    for number, (reporter, funder) in enumerate([("XA", "Cuerpo Zafiro"), ("XB", "Policía Nacional")]):
        named = {"participating_organisations": [{"role": "1", "names": [{"text": funder}]}]}
        await registry.report(activity(Sent(str(number), number), reporter, "a", TITLE, **named))
    [(before, fields)] = await told()
    assert "funder" not in fields

    await registry.client.post("/v1/organisations", headers=ADMIN, json=POLICE)
    renamed = {name: value for name, value in POLICE.items() if name != "id"} | {"aliases": ["Cuerpo Zafiro"]}
    assert 200 == (await registry.client.put("/v1/organisations/policia-hn", headers=ADMIN, json=renamed)).status_code
    assert [before] == [score for score, _ in await told()]
    await registry.fold_organisations()
    [(after, fields)] = await told()
    assert ("funder" in fields, float(after) > float(before)) == (True, True)


async def test_begin_directory(registry: Registry) -> None:
    """A new directory knows some donors; what somebody has registered already is left as it is, however often begun."""
    mine = {"id": "mine", "names": {"es": "X", "en": "X"}, "kind": "sica", "identifiers": ["US-GOV-11"]}
    await registry.client.post("/v1/organisations", headers=ADMIN, json=mine)
    directory = Directory(registry.pool)
    for _ in range(2):
        await directory.begin_with(KNOWN_ORGANISATIONS)
    published = [json.loads(value)["id"] for _, _, value in await registry.outbox("organisations")]
    assert ["mine", *(known.id for known in KNOWN_ORGANISATIONS if known.id != "us-state")] == published
    (found,) = (await registry.read("/v1/organisations?identifier=US-GOV-1"))["organisations"]
    assert ("us-usaid", "us-government") == (found["id"], found["family"])
    (found,) = (await registry.read("/v1/organisations?identifier=US-GOV-11"))["organisations"]
    assert "mine" == found["id"]
