"""Real IATI files imported by an operator, and imported again."""

import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from lxml import etree

from istmo_support.platform import Platform

_COUNTS: Final = {"us_security_HN_GT_SV_CR.xml": (258, 1231), "multi_publisher_open_licence.xml": (271, 2790)}


def _identifiers(file: Path) -> set[tuple[str, str]]:
    """(reporter, activity) of everything in a file."""
    root = etree.parse(file).getroot()
    return {
        (activity.find("reporting-org").get("ref"), activity.findtext("iati-identifier").strip())
        for activity in root.findall("iati-activity")
    }


def _import(platform: Platform, file: Path) -> tuple[int, int]:
    """Activities accepted, and their transactions, as the summary says."""
    done = platform.run("import", str(file), "--marking", "CLEAR")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    found = [re.search(rf"{label}\s+(\d+)", said) for label in ("Activities accepted", "Their transactions")]
    return tuple(int(each.group(1)) for each in found if each is not None)  # type: ignore[return-value]


def _held(lines: list[dict[str, Any]], wanted: set[tuple[str, str]]) -> tuple[int, int]:
    """How many of the activities, and how many transactions of theirs, stand in an export."""
    count: Counter[str] = Counter()
    for line in lines:
        if line["type"] == "programme":
            count["activities"] += sum((each["reporter"], each["activity"]) in wanted for each in line["members"])
        elif line["type"] == "entry":
            named = line["transaction"]
            count["transactions"] += (named["reporter"], named["activity"]) in wanted
    return count["activities"], count["transactions"]


@pytest.mark.timeout(600)
def test_real_files_are_imported_whole_and_again_without_a_change(platform: Platform, real_data: Path) -> None:
    """An operator imports real files and finds every activity and transaction once, however often it is done."""
    files = {real_data / "iati" / name: counts for name, counts in _COUNTS.items()}
    assert {file: _import(platform, file) for file in files} == files
    platform.rest()
    first = platform.export()
    assert {file: _held(first, _identifiers(file)) for file in files} == files

    assert {file: _import(platform, file) for file in files} == files
    platform.rest()
    assert platform.export() == first

    frame = httpx.get(f"{platform.addresses['registry']}/v1", timeout=30).json()
    assert {"USD", "EUR", "GBP", "CAD", "KRW", "CHF"} <= {total["currency"] for total in frame["totals"]}
    assert {"HN", "GT", "SV", "CR"} <= {row["country"] for row in frame["rows"]}
