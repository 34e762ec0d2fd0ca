"""What operators see: progress, what was parked, the export."""

import json

from istmo_oracle.building import Sent, activity, transaction
from istmo_registry.stages.claims import Claim
from istmo_registry.stages.parking import set_aside
from istmo_registry.store.dirty import claim_dirty
from istmo_registry.store.export import export
from istmo_registry.store.snapshot import execute
from istmo_registry_api.registry import ADMIN, HANDLE_KEY, Registry, handle_of

REPORT = activity(Sent("1", 1), "A", "a1", "Youth", transactions=[transaction("100")])
RESTRICTED = activity(Sent("2", 2), "B", "b1", "Youth", tlp="RED")


async def test_export(registry: Registry) -> None:
    """The export has a line for every programme, pair, entry and finding, restricted ones too."""
    await registry.report(REPORT, RESTRICTED)
    answer = await registry.client.get("/v1/admin/export", headers=ADMIN)
    assert (200, "application/x-ndjson") == (answer.status_code, answer.headers["content-type"])
    lines = await registry.runner.run(export(HANDLE_KEY))
    assert "".join(f"{line}\n" for line in lines) == answer.text
    assert ["entry", "programme", "programme"] == [json.loads(line)["type"] for line in answer.text.splitlines()]


async def test_empty_export(registry: Registry) -> None:
    """Where nothing was reported the export is empty."""
    assert b"" == (await registry.client.get("/v1/admin/export", headers=ADMIN)).content


async def test_progress(registry: Registry) -> None:
    """Progress says what waits at each stage, and nothing when the registry has come to rest and has published."""
    await registry.fold([REPORT])
    waiting = (await registry.client.get("/v1/admin/progress", headers=ADMIN)).json()
    assert (1, 0, 0) == (waiting["dirty"], waiting["work"], waiting["outbox"])
    await registry.rest()
    async with registry.pool.connection() as database:
        await database.execute("DELETE FROM outbox")
        await database.execute("INSERT INTO offsets VALUES ('activities', 2, 17, 'e', 'c')")
    assert {
        "partitions": [{"topic": "activities", "partition": 2, "stored": 17, "end": None, "lag": None}],
        "dirty": 0,
        "work": 0,
        "outbox": 0,
        "queues": [{"stage": stage, "rows": 0, "oldest_seconds": None} for stage in ("match", "resolve", "relay")],
        "parked": [],
        "stuck": [],
    } == (await registry.client.get("/v1/admin/progress", headers=ADMIN)).json()


async def test_parked(registry: Registry) -> None:
    """What was parked is listed by an id that quotes no report, and is tried again when the operator says so."""
    await registry.fold([REPORT])
    claim = Claim()
    async with registry.pool.connection() as database:
        claim.take_dirty(await execute(database, claim_dirty(1)))
        await database.rollback()
    await registry.runner.run(set_aside("match", claim, "ValueError"))
    parked = (await registry.client.get("/v1/admin/progress", headers=ADMIN)).json()
    named = [(each["what"], each["error"]) for each in parked["parked"]]
    assert ([(f"match {handle_of('A', 'a1')}", "ValueError")], 0) == (named, parked["dirty"])
    assert ["parked: 1"] == parked["stuck"]
    again = await registry.client.post("/v1/admin/parked/retry", headers=ADMIN)
    assert (202, {"activities": 1, "records": 0}) == (again.status_code, again.json())
    await registry.rest()
    rest = (await registry.client.get("/v1/admin/progress", headers=ADMIN)).json()
    assert ([], 0) == (rest["parked"], rest["dirty"])
