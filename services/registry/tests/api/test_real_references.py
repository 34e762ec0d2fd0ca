"""Whom two real, openly licensed IATI files mean by the organisations that they name."""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from istmo_registry.domain.directory import KNOWN_ORGANISATIONS
from istmo_registry.domain.handles import handle
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.registering.organisations import Directory
from istmo_registry.stages.fold import Batch, Folding, fold
from istmo_registry.stages.incoming import Incoming
from istmo_registry_api.registry import HANDLE_KEY, Registry
from istmo_support.real_files import real_reports


async def test_most_references_are_resolved(registry: Registry, real_data: Path) -> None:
    """Most of what real files name is known, by what it says; what is not is told apart from what names nobody."""
    await Directory(registry.pool).begin_with(KNOWN_ORGANISATIONS)
    reports = [Incoming.of(event) for event in real_reports(real_data)]
    folding = Folding(partial(handle, HANDLE_KEY), PARAMETERS)
    for start in range(0, len(reports), 100):
        await registry.runner.run(fold(Batch(reports[start : start + 100]), folding))
    answer = await registry.read("/v1/organisation-references?outcome=unresolved&limit=200")
    times: Counter[str] = Counter()
    for count in answer["counts"]:
        times[count["evidence"] or count["outcome"]] += count["times"]
    named = times.total() - times["unnamed"]
    resolved = sum(times[evidence] for evidence in ("identifier", "name", "alias", "country", "part"))
    # 6,324 references, of which 5,822 name somebody; measured: 90.3 % of these resolved, 19 ambiguous.
    assert (6324, True) == (times.total(), resolved > 0.89 * named)
    # What carries no identifier that anybody knows is known by what it is called: a quarter of all.
    assert times["name"] + times["alias"] + times["part"] > 1600
    assert times["ambiguous"] < 25
    unresolved = answer["references"]
    assert unresolved == sorted(unresolved, key=lambda one: -one["times"])
    # No text is taken for somebody else: a provider that gives its identifier and another's name is asked about.
    (asked,) = (one for one in unresolved if (one["identifier"], one["names"]) == ("US-GOV-1", ["UNICEF"]))
    assert ["unicef", "us-usaid"] == [candidate["id"] for candidate in asked["candidates"]]

    found: list[dict[str, Any]] = []
    page = "/v1/organisation-references?outcome=resolved&limit=200"
    while page:
        answer = await registry.read(page)
        found += answer["references"]
        page = answer["next"]
    assert len({one["organisation"]["id"] for one in found}) >= 110
    # One agency under several names and identifiers, also where a file has lost its accents.
    for organisation, least in (("us-state", 3), ("undp", 4), ("us-homeland-security", 2), ("sv-fepade", 2)):
        assert least <= len([one for one in found if one["organisation"]["id"] == organisation]), organisation
