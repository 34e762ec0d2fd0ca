"""What the records of the log say, and what becomes of those that break the contract."""

from dataclasses import replace

import pytest

from istmo_common.errors import InvalidEvent
from istmo_common.kafka.producer import Outgoing
from istmo_notify.stages.messages import FindingMessage, PartnerMessage, ProgrammeMessage, read_message
from istmo_notify.stages.routing import touched_by
from istmo_notify_samples import (
    cleared,
    duplicate,
    outcome,
    partner,
    record,
    sent_finding,
    sent_partner,
    sent_programme,
    side,
)

FOUND = duplicate(3, side(("XA", "a1")), side(("XB", "b1")))
CANARY = "canario-2093"


def test_every_kind_of_record_is_read() -> None:
    """Programmes, findings and partners are understood, also where they end."""
    shown = outcome("p-1", ("XA", "a1"))
    assert ProgrammeMessage("k1", 4, (shown,)) == read_message(record(sent_programme("k1", 4, shown)))
    assert ProgrammeMessage("k1", 5, ()) == read_message(record(sent_programme("k1", 5)))
    raised, ended = (read_message(record(sent_finding(one))) for one in (FOUND, cleared(FOUND, 4)))
    assert isinstance(raised, FindingMessage)
    assert isinstance(ended, FindingMessage)
    assert (FOUND, None, 4) == (raised.finding.raised, ended.finding.raised, ended.finding.version)
    assert PartnerMessage("pa", partner("pa", "XA")) == read_message(record(sent_partner(partner("pa", "XA"))))
    assert PartnerMessage("pa", None) == read_message(record(Outgoing("partners", b"pa", None)))


@pytest.mark.parametrize(
    "broken",
    [
        replace(sent_finding(FOUND), value=b'{"canario-2093": 1}'),
        replace(sent_finding(FOUND), value=b"canario-2093"),
        replace(sent_finding(FOUND), value=None),
        replace(sent_finding(FOUND), topic="programmes"),
        replace(sent_finding(FOUND), key=b"\xff"),
        replace(sent_finding(FOUND), headers=()),
        Outgoing("partners", b"p\x00a", None),
        Outgoing("programmes", b"k1", None),
        Outgoing("programmes", b"k1", None, (("ce_version", b"soon"),)),
        Outgoing("programmes", b"k1", None, (("ce_version", b"9" * 30),)),
    ],
)
def test_what_breaks_the_contract_is_named_and_not_repeated(broken: Outgoing) -> None:
    """A record that cannot be read is set aside with a reason that operators may see."""
    with pytest.raises(InvalidEvent) as refused:
        read_message(record(broken))
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize(
    ("before", "after", "touched"),
    [
        (None, partner("p", "XA"), {"XA"}),
        (partner("p", "XA"), None, {"XA"}),
        (partner("p", "XA", "XB"), partner("p", "XB", "XC"), {"XA", "XC"}),
        (partner("p", custodian_of=["XA"]), partner("p", "XA"), {"XA"}),
        (partner("p", "XA"), partner("p", "XA", language="en"), set()),
        (None, partner("d", custodian_of="unclaimed", steward=True), None),
        (partner("d", custodian_of="unclaimed", steward=True), partner("d", custodian_of="unclaimed"), None),
        (partner("d", custodian_of="unclaimed"), partner("d", "XA", custodian_of="unclaimed"), {"XA"}),
        (partner("d", custodian_of="unclaimed"), partner("d", custodian_of=["XA"]), None),
    ],
)
def test_a_changed_partner_touches_what_it_looks_after(before: object, after: object, touched: set[str] | None) -> None:
    """Alerts are addressed anew exactly where somebody else may be their recipient."""
    assert (None if touched is None else frozenset(touched)) == touched_by(before, after)  # type: ignore[arg-type]
