"""A government's own platform as IATI: Honduras' aid management export, turned into activities as its desk would."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

__all__ = ["PLATFORM", "aims_as_iati"]

PLATFORM: Final = "HN-AIMS"
"""The identifier under which the platform reports here: the export names none."""
_FILE: Final = Path("aims") / "honduras_aims_projects.csv"
_STATUS: Final = {
    "Pipeline/identification": "1",
    "Implementation": "2",
    "Completion": "3",
    "Cancelled": "5",
    "Suspended": "6",
}
_TODAY: Final = "2014-02-28"
"""The day of the export."""


def aims_as_iati(folder: Path) -> bytes:
    """All rows of the export as one IATI 2.03 file; money is in US dollars, as one commitment and one disbursement."""
    root = Element("iati-activities", {"version": "2.03"})
    with (folder / _FILE).open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            root.append(_activity({name: text.strip() for name, text in row.items()}))
    return tostring(root, encoding="utf-8")


def _activity(row: Mapping[str, str]) -> Element:
    activity = Element("iati-activity", {"default-currency": "USD", "{http://www.w3.org/XML/1998/namespace}lang": "es"})
    SubElement(activity, "iati-identifier").text = f"{PLATFORM}-{row['project_id']}"
    reporter = SubElement(activity, "reporting-org", {"ref": PLATFORM, "type": "10"})
    _narrative(reporter, "Gobierno de Honduras")
    _narrative(SubElement(activity, "title"), row["project_title"])
    for type_, column in (("1", "Project Description"), ("2", "Objective")):
        if row[column]:
            _narrative(SubElement(activity, "description", {"type": type_}), row[column])
    for role, column in (("1", "donors"), ("3", "Responsible Organization"), ("4", "Executing Agency")):
        for name in _listed(row[column]):
            _narrative(SubElement(activity, "participating-org", {"role": role}), name)
    SubElement(activity, "activity-status", {"code": _STATUS[row["status"]]})
    for planned, column in ((1, "start_actual_isodate"), (3, "end_actual_isodate")):
        if row[column]:
            # The export calls every date actual; one still to come is a plan.
            code = planned if row[column] > _TODAY else planned + 1
            SubElement(activity, "activity-date", {"type": str(code), "iso-date": row[column]})
    SubElement(activity, "recipient-country", {"code": "HN"})
    for zone in _listed(row["Zone"]):
        _narrative(SubElement(SubElement(activity, "location"), "name"), zone)
    # The export pads a group of purposes to a code of its own (`12105`); this column holds the codelist's.
    purpose = row["Primary Sector Sub-Sub-Sector"][:5]
    if purpose.isdecimal():
        SubElement(activity, "sector", {"vocabulary": "1", "code": purpose})
    _add_money(activity, row)
    return activity


def _add_money(activity: Element, row: Mapping[str, str]) -> None:
    """What the row commits and pays in all, on the first day on which the giver committed."""
    day = _day(row["Donor Commitment Date"]) or row["start_actual_isodate"] or _TODAY
    for type_, column in (("2", "total_commitments"), ("3", "total_disbursements")):
        if row[column]:
            transaction = SubElement(activity, "transaction")
            SubElement(transaction, "transaction-type", {"code": type_})
            SubElement(transaction, "transaction-date", {"iso-date": day})
            SubElement(transaction, "value", {"currency": "USD", "value-date": day}).text = row[column]


def _narrative(parent: Element, text: str) -> None:
    SubElement(parent, "narrative").text = text


def _listed(text: str) -> list[str]:
    """The entries of a cell: one alone, several between bars, or one after each dash of a list."""
    entries = text.split("\n") if text.startswith("- ") else text.split("|")
    return [entry.strip().removeprefix("- ").strip() for entry in entries if entry.strip()]


def _day(text: str) -> str | None:
    """The first day of a cell as ISO, from day/month/year."""
    listed = _listed(text)
    return "-".join(reversed(listed[0].split("/"))) if listed else None
