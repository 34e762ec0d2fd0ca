"""An `iati-activity` as the payload of an `activity.reported`, without the marking, which no file states."""

from typing import Any

from istmo_ingest.iati.cells import Cell, Placed
from istmo_ingest.iati.money import read_aid_types, read_budget, read_planned_disbursement, read_transaction
from istmo_ingest.iati.node import Node, read_each
from istmo_ingest.iati.places import read_location
from istmo_ingest.iati.splits import ExceedingSplit, read_shares, without_exceeding

__all__ = ["read_activity"]


def read_activity(node: Node) -> tuple[Placed, list[ExceedingSplit]]:
    """Everything that the contract carries of an activity, and the splits that had to lose their percentages.

    Defaults stay defaults, except that a sum without a currency of its own has the activity's.
    """
    payload = Placed(
        node.place, **_named(node), **_organised(node), **_classified(node), **_defaults(node), **_money(node)
    )
    transactions = [read_transaction(each, node.attribute("default-currency")) for each in node.each("transaction")]
    payload["transactions"] = transactions  # also where it is empty: the list is complete, so there are none
    areas = [*payload.get("recipient_countries", []), *payload.get("recipient_regions", [])]
    exceeding = without_exceeding(areas, payload.get("sectors", []))
    for transaction in transactions:
        exceeding += without_exceeding([], transaction.get("sectors", []))
    return payload, exceeding


def _named(node: Node) -> dict[str, Any]:
    identifier = node.one("iati-identifier")
    return {
        "activity": node.nothing("iati-identifier") if identifier is None else identifier.text(),
        "title": node.narratives_of("title") or node.nothing("title"),
        "descriptions": read_each(node.each("description"), _described, "narratives"),
        "other_identifiers": read_each(node.each("other-identifier"), _other_identifier, "identifier"),
        "related_activities": read_each(node.each("related-activity"), _related, "activity", "type"),
    }


def _organised(node: Node) -> dict[str, Any]:
    reporter = node.one("reporting-org")
    return {
        "reporter": node.of("reporting-org", "ref"),
        "reporter_type": node.of("reporting-org", "type"),
        "reporter_names": node.narratives_of("reporting-org"),
        "secondary_reporter": None if reporter is None else reporter.flag("secondary-reporter"),
        "participating_organisations": read_each(node.each("participating-org"), _participant, "role"),
    }


def _classified(node: Node) -> dict[str, Any]:
    return {
        "hierarchy": node.attribute("hierarchy"),
        "humanitarian": node.flag("humanitarian"),
        "status": node.of("activity-status", "code"),
        "scope": node.of("activity-scope", "code"),
        "dates": read_each(node.each("activity-date"), _date, "type", "date"),
        "recipient_countries": read_shares(node.each("recipient-country")),
        "recipient_regions": read_shares(node.each("recipient-region")),
        "locations": [read_location(location) for location in node.each("location")],
        "sectors": read_shares(node.each("sector")),
        "policy_markers": read_each(node.each("policy-marker"), _marker, "code"),
        "tags": read_each(node.each("tag"), _tag, "code", "vocabulary"),
    }


def _defaults(node: Node) -> dict[str, Any]:
    return {
        "collaboration_type": node.of("collaboration-type", "code"),
        "default_flow_type": node.of("default-flow-type", "code"),
        "default_finance_type": node.of("default-finance-type", "code"),
        "default_aid_types": read_aid_types(node, "default-aid-type"),
        "default_tied_status": node.of("default-tied-status", "code"),
    }


def _money(node: Node) -> dict[str, Any]:
    currency: Cell = node.attribute("default-currency")
    capital = node.one("capital-spend")
    return {
        "budgets": [read_budget(budget, currency) for budget in node.each("budget")],
        "planned_disbursements": [
            read_planned_disbursement(planned, currency) for planned in node.each("planned-disbursement")
        ],
        "capital_spend": None if capital is None else capital.decimal_attribute("percentage"),
    }


def _described(node: Node) -> Placed:
    return Placed(node.place, type=node.attribute("type"), narratives=node.narratives())


def _other_identifier(node: Node) -> Placed:
    return Placed(
        node.place,
        identifier=node.attribute("ref"),
        type=node.attribute("type"),
        owner=node.of("owner-org", "ref"),
        owner_names=node.narratives_of("owner-org"),
    )


def _related(node: Node) -> Placed:
    return Placed(node.place, activity=node.attribute("ref"), type=node.attribute("type"))


def _participant(node: Node) -> Placed:
    return Placed(
        node.place,
        role=node.attribute("role"),
        identifier=node.attribute("ref"),
        type=node.attribute("type"),
        activity=node.attribute("activity-id"),
        crs_channel_code=node.attribute("crs-channel-code"),
        names=node.narratives(),
    )


def _date(node: Node) -> Placed:
    return Placed(node.place, type=node.attribute("type"), date=node.day(), narratives=node.narratives())


def _marker(node: Node) -> Placed:
    return Placed(
        node.place,
        code=node.attribute("code"),
        vocabulary=node.attribute("vocabulary"),
        vocabulary_uri=node.attribute("vocabulary-uri"),
        significance=node.attribute("significance"),
        narratives=node.narratives(),
    )


def _tag(node: Node) -> Placed:
    return Placed(
        node.place,
        code=node.attribute("code"),
        vocabulary=node.attribute("vocabulary"),
        vocabulary_uri=node.attribute("vocabulary-uri"),
        narratives=node.narratives(),
    )
