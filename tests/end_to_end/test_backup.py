"""A backup of a running platform, and both kinds of restore, as an operator does them."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from istmo_support.platform import Platform

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


def _post(platform: Platform, key: dict[str, str], number: int) -> str:
    data = {
        "reporter": "XI-BACKUP",
        "activity": f"XI-BACKUP-{number}",
        "marking": {"tlp": "CLEAR"},
        "title": [{"text": f"Puente número {number}", "language": "es"}],
        "recipient_countries": [{"code": "HN", "percentage": "100"}],
        "transactions": [{"type": "3", "date": "2026-01-01", "value": {"amount": f"{number}", "currency": "USD"}}],
    }
    event = {"specversion": "1.0", "id": str(number), "source": "/b", "type": "activity.reported", "data": data}
    headers = {**key, "Content-Type": "application/cloudevents+json"}
    answer = httpx.post(f"{platform.addresses['ingest']}/v1/events", content=json.dumps(event), headers=headers)
    return str(answer.json()["status"])


def _page(platform: Platform, key: dict[str, str], subscription: str) -> dict[str, Any]:
    address = f"{platform.addresses['notify']}/v1/subscriptions/{subscription}/events"
    found: dict[str, Any] = httpx.get(address, headers=key).json()
    return found


def _restored(platform: Platform, archive: Path, *options: str) -> Platform:
    platform.command("restore", str(archive), "--replace", *options)
    running = Platform.up(platform.data)
    running.rest()
    return running


def test_both_kinds_of_restore_bring_back_what_they_say(stack_directory: Path) -> None:
    """PostgreSQL alone folds on to what the log holds; log and tables together are exactly those of the backup."""
    archive = stack_directory / "backup.istmo"
    platform = Platform.up(stack_directory / "to-restore")
    try:
        key = platform.add_partner("Backup", "XI-BACKUP")
        form = {"channel": {"kind": "sse"}}
        made = httpx.post(f"{platform.addresses['notify']}/v1/subscriptions", json=form, headers=key)
        subscription = made.json()["id"]
        assert "accepted" == _post(platform, key, 1)
        platform.rest()
        backed_up, told = platform.export(), _page(platform, key, subscription)
        platform.command("backup", str(archive))
        assert "accepted" == _post(platform, key, 2)
        later = platform.add_partner("Later", "XI-LATER")
        platform.rest()
        latest = platform.export()
        assert backed_up != latest

        # PostgreSQL alone, against the log that went on.
        platform = _restored(platform, archive, "--only", "postgres")
        assert latest == platform.export()
        assert 200 == httpx.get(f"{platform.addresses['notify']}/v1/alerts", headers=later).status_code
        page = _page(platform, key, subscription)
        assert {"closed": {"epoch": 1, "last": told["last"]}} == page["items"][0]["data"]
        assert [1, 2] == [item["number"] for item in page["items"]]

        # Both, as of the backup: what came later is unknown again, to everybody.
        platform = _restored(platform, archive)
        assert backed_up == platform.export()
        # Accepted ids are no part of a backup: what the log lost is no duplicate, and nothing counts twice.
        assert ("accepted", "accepted") == (_post(platform, key, 1), _post(platform, key, 2))
        platform.rest()
        assert latest == platform.export()
    finally:
        platform.down()
