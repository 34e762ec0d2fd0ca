"""The frame over two real, openly licensed IATI files."""

import json
from collections import defaultdict
from decimal import Decimal
from functools import partial
from pathlib import Path

from istmo_registry.domain.directory import KNOWN_ORGANISATIONS
from istmo_registry.domain.handles import handle
from istmo_registry.domain.outcomes import column_of
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.registering.organisations import Directory
from istmo_registry.stages.fold import Batch, Folding, fold
from istmo_registry.stages.incoming import Incoming
from istmo_registry_api.registry import ADMIN, HANDLE_KEY, Registry
from istmo_support.real_files import real_reports


async def test_sums_of_real_files(registry: Registry, real_data: Path) -> None:
    """The frame's sums are those of the counted lines, to the last digit, in every currency."""
    await Directory(registry.pool).begin_with(KNOWN_ORGANISATIONS)
    reports = [Incoming.of(event) for event in real_reports(real_data)]
    folding = Folding(partial(handle, HANDLE_KEY), PARAMETERS)
    for start in range(0, len(reports), 100):
        await registry.runner.run(fold(Batch(reports[start : start + 100]), folding))
    await registry.rest()

    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    exported = await registry.client.get("/v1/admin/export", headers=ADMIN)
    for line in map(json.loads, exported.text.splitlines()):
        column = column_of(line["transaction_type"]) if line.get("fate") == "counted" else None
        if column is not None:
            expected[line["currency"], column] += Decimal(line["value"])

    for address in ("/v1", "/v1/frame?year=us-fiscal"):
        frame = await registry.read(address)
        for rows in (frame["rows"], frame["totals"]):
            found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
            for row in rows:
                for column, amount in row["sums"].items():
                    found[row["currency"], column] += Decimal(amount)
            assert expected == {cell: amount for cell, amount in found.items() if amount}
    kinds = {"us-agency", "other-nation", "multilateral", "civil-society", "unknown"}
    assert kinds == {row["kind"] for row in frame["rows"]}
    assert any(row["of_carsi"] for row in frame["rows"])
