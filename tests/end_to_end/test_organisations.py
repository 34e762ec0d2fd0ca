"""The directory of organisations as the desk keeps it by the command, on the whole platform."""

import json
import secrets
import time

import httpx
import pytest

from istmo_support.platform import Platform

_PATIENCE_SECONDS = 60


def _until_merged_into(platform: Platform, organisation: str, kept: str | None) -> None:
    address = f"{platform.addresses['registry']}/v1/organisations/{organisation}"
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while httpx.get(address).json()["merged_into"] != kept:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _report(platform: Platform, reporter: str, headers: dict[str, str], *names: str) -> None:
    event = {
        "specversion": "1.0",
        "id": f"{reporter}/1",
        "source": "/organisations",
        "type": "activity.reported",
        "data": {
            "reporter": reporter,
            "activity": f"{reporter}-1",
            "marking": {"tlp": "CLEAR"},
            "title": [{"text": f"Unidad {reporter}", "language": "es"}],
            "participating_organisations": [{"role": "1", "names": [{"text": name}]} for name in names],
        },
    }
    answer = httpx.post(
        f"{platform.addresses['ingest']}/v1/events",
        content=json.dumps(event),
        headers={"Content-Type": "application/cloudevents+json", **headers},
    )
    assert answer.status_code == 202, answer.text
    platform.rest()


@pytest.mark.timeout(300)
def test_the_desk_looks_after_the_directory(platform: Platform) -> None:
    """It finds who is meant, sees what could not be resolved, merges two records by the log and takes that back."""
    reporter = f"XI-ORG-{secrets.token_hex(4)}"
    unknown = f"Asociación {reporter}"
    headers = platform.add_partner(reporter, reporter)
    _report(platform, reporter, headers, "Policia Nacional de Honduras", "GTZ", unknown)

    found = json.loads(platform.command("organisations", "search", "policia nacional de honduras", "--json"))
    assert ["hn-police"] == [one["id"] for one in found]
    (asked,) = json.loads(platform.command("organisations", "references", "--search", unknown, "--json"))["references"]
    assert ([unknown], "unknown", 1) == (asked["names"], asked["outcome"], asked["activities"])
    assert [f"{reporter}-1"] == [example["activity"] for example in asked["examples"]]
    spanish = platform.command("organisations", "show", "de-giz", "--language", "es")
    assert "Agencia Alemana de Cooperación Internacional" in spanish
    assert "por otro nombre «GTZ»" in spanish

    merge = platform.command("organisations", "merge", "de-bmz", "de-giz", "--reason", "X", "--marking", "RED").strip()
    _until_merged_into(platform, "de-giz", "de-bmz")
    assert "GTZ" in platform.command("organisations", "show", "de-bmz", "--language", "en")
    assert merge in platform.command("organisations", "merges")
    again = platform.run("organisations", "merge", "de-giz", "de-bmz", "--as", "desk")
    assert (1, True) == (again.returncode, "/body/merged" in again.stderr)
    platform.command("organisations", "undo", merge)
    _until_merged_into(platform, "de-giz", None)
    assert 1 == platform.run("organisations", "show", "nobody").returncode
