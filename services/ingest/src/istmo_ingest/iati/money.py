"""Money in an activity: transactions, budgets, planned disbursements."""

from istmo_ingest.iati.cells import Cell, Placed
from istmo_ingest.iati.node import Node, read_each
from istmo_ingest.iati.splits import read_shares

__all__ = ["read_aid_types", "read_budget", "read_planned_disbursement", "read_transaction"]


def read_transaction(node: Node, default_currency: Cell) -> Placed:
    """One transaction, with all that IATI 2.03 lets it say."""
    return Placed(
        node.place,
        type=node.of("transaction-type", "code"),
        date=_day(node, "transaction-date"),
        value=_value(node, default_currency),
        ref=node.attribute("ref"),
        humanitarian=node.flag("humanitarian"),
        description=node.narratives_of("description"),
        provider=_party(node, "provider-org", "provider-activity-id"),
        receiver=_party(node, "receiver-org", "receiver-activity-id"),
        disbursement_channel=node.of("disbursement-channel", "code"),
        sectors=read_shares(node.each("sector")),
        recipient_country=_only_share(node, "recipient-country"),
        recipient_region=_only_share(node, "recipient-region"),
        flow_type=node.of("flow-type", "code"),
        finance_type=node.of("finance-type", "code"),
        aid_types=read_aid_types(node, "aid-type"),
        tied_status=node.of("tied-status", "code"),
    )


def read_budget(node: Node, default_currency: Cell) -> Placed:
    """One budget."""
    return Placed(
        node.place,
        type=node.attribute("type"),
        status=node.attribute("status"),
        period_start=_day(node, "period-start"),
        period_end=_day(node, "period-end"),
        value=_value(node, default_currency),
    )


def read_planned_disbursement(node: Node, default_currency: Cell) -> Placed:
    """One planned disbursement."""
    return Placed(
        node.place,
        type=node.attribute("type"),
        period_start=_day(node, "period-start"),
        period_end=_day(node, "period-end"),
        value=_value(node, default_currency),
        provider=_party(node, "provider-org", "provider-activity-id"),
        receiver=_party(node, "receiver-org", "receiver-activity-id"),
    )


def read_aid_types(node: Node, tag: str) -> list[Placed]:
    """The aid types of a transaction, or the defaults of an activity."""
    return read_each(node.each(tag), _aid_type, "code")


def _aid_type(node: Node) -> Placed:
    return Placed(node.place, code=node.attribute("code"), vocabulary=node.attribute("vocabulary"))


def _only_share(node: Node, tag: str) -> Placed | None:
    child = node.one(tag)
    return next(iter(read_shares([child] if child else [])), None)


def _day(node: Node, tag: str) -> Cell:
    child = node.one(tag)
    return node.of(tag, "iso-date") if child is None else child.day()


def _value(node: Node, default_currency: Cell) -> Placed:
    value = node.one("value")
    if value is None:
        return Placed(f"{node.place}/value", amount=node.nothing("value"), currency=default_currency)
    return Placed(
        value.place,
        amount=value.decimal(),
        currency=value.attribute("currency") or default_currency or value.nothing("@currency"),
        value_date=value.day("value-date"),
    )


def _party(node: Node, tag: str, activity: str) -> Placed | None:
    party = node.one(tag)
    if party is None:
        return None
    return Placed(
        party.place,
        identifier=party.attribute("ref"),
        type=party.attribute("type"),
        activity=party.attribute(activity),
        names=party.narratives(),
    )
