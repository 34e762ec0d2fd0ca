"""The two real, openly licensed IATI files as the reports that the desk's import of them makes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from istmo_common.canonical import canonical_report
from istmo_common.events.envelope import CloudEvent
from istmo_ingest.iati import read_activities

__all__ = ["FILES", "real_reports"]

FILES: Final = ("us_security_HN_GT_SV_CR.xml", "multi_publisher_open_licence.xml")
"""258 activities with 1,231 transactions, and 271 with 2,790."""


def real_reports(folder: Path) -> Iterator[CloudEvent]:
    """Both files as CLEAR reports of a custodian, all recorded at one time."""
    for name in FILES:
        for read in read_activities(folder / "iati" / name):
            assert read.payload is not None, read.refusals
            yield CloudEvent(
                id=f"{name}/{read.position}",
                source="/tests",
                type="activity.reported",
                data=canonical_report({**read.payload, "marking": {"tlp": "CLEAR"}}),
                recorded_time="2026-01-01T00:00:00Z",
                time=read.event_time,
                partner="desk",
                standing="custodian",
            )
