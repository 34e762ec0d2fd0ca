"""Two real, openly licensed IATI files through the rules."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from istmo_common.events.envelope import CloudEvent
from istmo_composed import composed
from istmo_ingest.iati import read_activities
from istmo_oracle import fold
from istmo_support.aims import aims_as_iati
from istmo_support.real_files import real_reports

HANDLE_KEY = b"a key of thirty-two characters .."


@pytest.fixture(scope="module")
def events(real_data: Path) -> list[CloudEvent]:
    """Both files as CLEAR reports."""
    return list(real_reports(real_data))


def test_rules_and_oracle_agree_on_real_files(events: list[CloudEvent]) -> None:
    """What the registry makes of real files is what the plain rules say, to the byte."""
    assert fold(events, HANDLE_KEY) == composed(reversed(events), HANDLE_KEY)


def test_different_works_of_one_title_stay_apart(events: list[CloudEvent]) -> None:
    """The deliveries of excess articles that one agency reports under one title are not thrown together."""
    lines = [json.loads(line) for line in fold(events, HANDLE_KEY)]
    programmes = [line["members"] for line in lines if line["type"] == "programme"]
    titles = {(report["reporter"], report["activity"]): report["title"][0]["text"] for report in map(_data, events)}
    deliveries = [
        members
        for members in programmes
        if any("Excess Defense Articles" in titles[member["reporter"], member["activity"]] for member in members)
    ]

    assert Counter({1: len(deliveries)}) == Counter(map(len, deliveries))
    assert len(deliveries) >= 18


def test_programmes_of_real_files_are_of_one_reporter(events: list[CloudEvent]) -> None:
    """These files hold fragments of awards, and no work that two of their publishers report."""
    lines = [json.loads(line) for line in fold(events, HANDLE_KEY)]
    programmes = [line["members"] for line in lines if line["type"] == "programme"]

    assert {1} == {len({member["reporter"] for member in members}) for members in programmes}
    assert len(programmes) < 529


def test_every_transaction_of_real_files_has_one_entry(events: list[CloudEvent]) -> None:
    """1,231 and 2,790 transactions go in, and each has exactly one fate."""
    entries = [json.loads(line) for line in fold(events, HANDLE_KEY) if '"type":"entry"' in line]

    assert 1231 + 2790 == len(entries) == len({json.dumps(entry["transaction"]) for entry in entries})


def test_export_of_a_government_is_read_as_iati(real_data: Path, tmp_path: Path) -> None:
    """All rows of Honduras' platform are activities but seven, whose day of commitment lies in the first centuries."""
    file = tmp_path / "aims.xml"
    file.write_bytes(aims_as_iati(real_data))
    refused = [read.refusals for read in read_activities(file) if read.refusals]

    assert 7 == len(refused)
    assert {"date", "value_date"} == {refusal.name for refusals in refused for refusal in refusals}
    assert 1069 == sum(1 for read in read_activities(file) if not read.refusals)


def _data(event: CloudEvent) -> Any:
    return json.loads(event.data)
