"""Registering partners and their keys."""

import json

import pytest

from istmo_registry_api.registry import ADMIN, Registry

POLICE = {"name": "Policía Nacional", "kind": "isthmus-government", "language": "es", "owns": ["HN-POL"]}


async def test_add_partner(registry: Registry) -> None:
    """A new partner gets an id from its name and a key that is shown once and works."""
    answer = await registry.client.post("/v1/partners", headers=ADMIN, json=POLICE)
    assert (201, "policia-nacional") == (answer.status_code, answer.json()["id"])
    assert answer.json()["key"].startswith("istmo_policia-nacional_")
    await registry.hear()
    headers = {"Authorization": f"Bearer {answer.json()['key']}"}
    assert 200 == (await registry.client.get("/v1/pairs", headers=headers)).status_code
    listed = await registry.client.get("/v1/partners", headers=ADMIN)
    assert answer.json()["key"].rpartition("_")[2] not in listed.text
    assert [answer.json()["key_id"]] == listed.json()["partners"][0]["keys"]


@pytest.mark.parametrize(
    ("second", "pointer", "code"),
    [
        ({"name": "Other", "owns": ["XX", "HN-POL"]}, "/body/owns/1", "claimed"),
        ({"name": "Policía Nacional", "owns": []}, "/body/id", "taken"),
    ],
)
async def test_conflict(registry: Registry, second: dict[str, object], pointer: str, code: str) -> None:
    """An organisation has one owner, and an id one partner: the second is refused, with the place."""
    await registry.add_partner(**POLICE)
    answer = await registry.client.post("/v1/partners", headers=ADMIN, json=POLICE | second)
    assert 409 == answer.status_code
    assert [(pointer, code)] == [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def test_change_partner(registry: Registry) -> None:
    """A change tells of the whole partner with a higher version; what was not stated stays."""
    await registry.add_partner(**POLICE)
    changed = await registry.client.patch(
        "/v1/partners/policia-nacional", headers=ADMIN, json={"custodian_of": "unclaimed", "agreement_signed": True}
    )
    assert (["HN-POL"], "unclaimed") == (changed.json()["owns"], changed.json()["custodian_of"])
    published = [json.loads(value) for _, _, value in await registry.outbox("partners")]
    assert [(1, "GREEN"), (2, "AMBER")] == [(each["version"], each["clearance"]) for each in published]
    assert 404 == (await registry.client.patch("/v1/partners/nobody", headers=ADMIN, json={})).status_code


async def test_keys(registry: Registry) -> None:
    """A partner can have two keys while it changes over; a revoked one is refused."""
    await registry.add_partner(**POLICE)
    old = registry.keys["policia-nacional"]
    added = (await registry.client.post("/v1/partners/policia-nacional/keys", headers=ADMIN)).json()
    new = {"Authorization": f"Bearer {added['key']}"}
    await registry.hear()
    assert [200, 200] == [(await registry.client.get("/v1", headers=key)).status_code for key in (old, new)]
    first, _ = (await registry.client.get("/v1/partners/policia-nacional", headers=ADMIN)).json()["keys"]
    revoke = f"/v1/partners/policia-nacional/keys/{first}"
    assert [204, 404] == [(await registry.client.delete(revoke, headers=ADMIN)).status_code for _ in range(2)]
    await registry.hear()
    assert [401, 200] == [(await registry.client.get("/v1", headers=key)).status_code for key in (old, new)]


async def test_operators_only(registry: Registry) -> None:
    """Nobody but the holder of the admin key adds partners; a partner's key is told that it may not."""
    partner = await registry.add_partner(**POLICE)
    answers = [
        await registry.client.post("/v1/partners", json=POLICE),
        await registry.client.post("/v1/partners", json=POLICE, headers={"Authorization": "Bearer wrong"}),
        await registry.client.post("/v1/partners", json=POLICE, headers=registry.keys[partner]),
    ]
    assert [401, 401, 403] == [answer.status_code for answer in answers]


async def test_refused_fields(registry: Registry) -> None:
    """Each field that is wrong is named with what would be right, and what was sent is not repeated."""
    form = {"name": "?", "kind": "bank", "language": "fr", "owns": ["a", " b"]}
    answer = await registry.client.post("/v1/partners", headers=ADMIN, json=form)
    assert 422 == answer.status_code
    places = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert [
        ("/body/kind", "partner_kind"),
        ("/body/language", "literal_error"),
        ("/body/owns/1", "identifier_spaces"),
    ] == places
    answer = await registry.client.post("/v1/partners", headers=ADMIN, json=POLICE | {"name": "¿?"})
    assert [("/body/id", "no_id")] == [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
