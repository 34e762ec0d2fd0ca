"""The decision on an event: accepted, duplicate, in conflict, or refused with everything that is wrong."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from istmo_common.canonical import canonical_json
from istmo_common.disclosure import Custody
from istmo_ingest.domain.acceptance import OwnImports, Prior, Verdict, decide, examine
from istmo_ingest.domain.faults import MOST_FAULTS, Refused
from istmo_ingest.domain.poster import Poster
from istmo_ingest.domain.stated import read_stated

Make = Callable[..., dict[str, Any]]


def refusal(poster: Poster, raw: object) -> list[tuple[str, str]]:
    """Code and place of each fault."""
    with pytest.raises(Refused) as caught:
        examine(read_stated(raw), poster)
    return [(fault.code, fault.pointer) for fault in caught.value.faults]


def test_a_valid_report_is_a_candidate(poster: Poster, event: Make) -> None:
    """A report goes into the log canonically spelled, under its activity's key, with the partner's standing."""
    raw = event(time="2026-03-31T18:00:00")
    candidate = examine(read_stated(raw), poster)
    recorded = candidate.recorded("2026-04-01T12:00:00.000000Z")

    assert ("activities", b'["HN-SEG","HN-SEG-1"]') == (candidate.topic, candidate.key)
    assert canonical_json(raw["data"]) == recorded.data
    assert ("hn", "owner", "2026-03-31T18:00:00") == (recorded.partner, recorded.standing, recorded.time)
    assert recorded.content_hash == candidate.content_hash


@pytest.mark.parametrize(
    ("type", "topic"),
    [("transaction.reported", "transactions"), ("transaction.withdrawn", "transactions")],
)
def test_transactions_have_a_topic_of_their_own(
    poster: Poster, event: Make, payment: Make, type: str, topic: str
) -> None:
    """Payments reported one by one lie beside their activity, under the same key."""
    stated = (
        {"transaction": payment(transaction_id="T-1")} if type == "transaction.reported" else {"transaction_id": "T-1"}
    )
    candidate = examine(
        read_stated(event(type=type, data={"reporter": "HN-SEG", "activity": "HN-SEG-1"} | stated)), poster
    )

    assert (topic, b'["HN-SEG","HN-SEG-1"]') == (candidate.topic, candidate.key)


def test_a_stated_list_is_told_by_its_identities(poster: Poster, event: Make, activity: Make, payment: Make) -> None:
    """A partner learns under which identities its transactions will be found."""
    listed = activity(transactions=[payment(transaction_id="T-1"), payment(ref="R-9")])
    expected = ("id:T-1", "ref:3:R-9")

    assert expected == examine(read_stated(event(data=listed)), poster).transactions
    assert examine(read_stated(event()), poster).transactions is None


def test_a_custodian_reports_on_behalf(event: Make, activity: Make) -> None:
    """The desk's report for an organisation that nobody owns is marked as a custodian's."""
    desk = Poster("desk", Custody(claimed_by_anyone=frozenset({"HN-SEG"})))
    unclaimed = activity(reporter="XI-ONG-1")

    assert examine(read_stated(event(data=unclaimed)), desk).standing == "custodian"
    assert refusal(desk, event()) == [("reporter_not_yours", "/data/reporter")]


def test_recorded_time_and_standing_are_no_content(poster: Poster, event: Make) -> None:
    """The same content sent again is the same, whenever it comes and on whatever standing."""
    custodian = Poster("hn", Custody(custodian_of=frozenset({"HN-SEG"})))
    owner, other = examine(read_stated(event()), poster), examine(read_stated(event()), custodian)

    assert owner.content_hash == other.content_hash


def test_decisions(poster: Poster, event: Make, activity: Make) -> None:
    """Nothing before: accept; the same before: duplicate; other content before: conflict."""
    candidate = examine(read_stated(event()), poster)
    other = examine(read_stated(event(data=activity(status="2"))), poster)
    prior = Prior(candidate.content_hash, "2026-04-01T12:00:00.000000Z")

    assert decide(candidate, None) is Verdict.ACCEPT
    assert decide(candidate, prior) is Verdict.DUPLICATE
    assert decide(other, prior) is Verdict.CONFLICT


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"marking": None}, [("model_type", "/data/marking")]),
        ({"marking": {"tlp": "WHITE"}}, [("enum", "/data/marking/tlp")]),
        ({"marking": {"tlp": "AMBER"}}, [("amber_needs_agreement", "/data/marking/tlp")]),
        ({"marking": {"tlp": "CLEAR", "groups": ["border"]}}, [("groups_without_effect", "/data/marking/groups")]),
        ({"marking": {"tlp": "GREEN", "groups": ["border", "x"]}}, [("group_not_yours", "/data/marking/groups/1")]),
        ({"status": "9"}, [("not_in_codelist", "/data/status")]),
        ({"recipient_countries": [{"code": "ZZ"}]}, [("not_in_codelist", "/data/recipient_countries/0/code")]),
        (
            {"participating_organisations": [{"role": "8"}]},
            [("not_in_codelist", "/data/participating_organisations/0/role")],
        ),
        ({"dates": [{"type": "7", "date": "2026-01-01"}]}, [("not_in_codelist", "/data/dates/0/type")]),
        ({"goals": [{"code": "6"}], "lines": [{"code": "1"}]}, [("not_in_codelist", "/data/goals/0/code")]),
        ({"lines": [{"code": "0"}]}, [("not_in_codelist", "/data/lines/0/code")]),
        ({"sectors": [{"code": "1521"}]}, [("purpose_form_1", "/data/sectors/0/code")]),
        ({"sectors": [{"code": "15210", "vocabulary": "2"}]}, [("purpose_form_2", "/data/sectors/0/code")]),
        (
            {"sectors": [{"code": "15210", "percentage": "60"}, {"code": "15130", "percentage": "40.2"}]},
            [("percentages_exceed", "/data/sectors")],
        ),
        (
            {"lines": [{"code": "1", "percentage": "60"}, {"code": "2", "percentage": "60"}]},
            [("percentages_exceed", "/data/lines")],
        ),
        (
            {"dates": [{"type": "1", "date": "2026-05-01"}, {"type": "3", "date": "2026-04-01"}]},
            [("end_before_start", "/data/dates/1/date")],
        ),
        ({"colour": "blue"}, [("extra_forbidden", "/data/colour")]),
        ({"dates": [{"type": "1", "date": 1714521600}]}, [("day_form", "/data/dates/0/date")]),
        ({"humanitarian": "yes"}, [("bool_type", "/data/humanitarian")]),
        ({"title": []}, [("too_short", "/data/title")]),
        ({"activity": " HN-SEG-1"}, [("identifier_spaces", "/data/activity")]),
    ],
)
def test_refusals(
    poster: Poster, event: Make, activity: Make, fields: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    """Each broken rule is told with its place."""
    assert faults == refusal(poster, event(data=activity(**fields)))


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"type": "99"}, [("not_in_codelist", "/data/transactions/0/type")]),
        (
            {"value": {"amount": "1", "currency": "ABC"}},
            [("not_in_codelist", "/data/transactions/0/value/currency")],
        ),
        ({"value": {"amount": "1"}}, [("missing", "/data/transactions/0/value/currency")]),
        ({"value": {"amount": 1.5, "currency": "USD"}}, [("amount_as_number", "/data/transactions/0/value/amount")]),
        ({"date": None}, [("day_form", "/data/transactions/0/date")]),
        (
            {"recipient_country": {"code": "CA1"}},
            [("not_in_codelist", "/data/transactions/0/recipient_country/code")],
        ),
        ({"marking": {"tlp": "AMBER"}}, [("amber_needs_agreement", "/data/transactions/0/marking/tlp")]),
        (
            {"sectors": [{"code": "15210", "percentage": "60"}, {"code": "15130", "percentage": "41"}]},
            [("percentages_exceed", "/data/transactions/0/sectors")],
        ),
    ],
)
def test_refusals_of_transactions(
    poster: Poster, event: Make, activity: Make, payment: Make, fields: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    """A rule broken in one transaction of many is told with that transaction's place."""
    assert faults == refusal(poster, event(data=activity(transactions=[payment(**fields)])))


def test_percentages_of_two_vocabularies_are_two_splits(poster: Poster, event: Make, activity: Make) -> None:
    """A split by the DAC's codes and another by the partner's own may each come to the whole."""
    dac = [{"code": "15210", "percentage": "60"}, {"code": "15130", "percentage": "40.1"}]
    sectors = [*dac, {"code": "A", "vocabulary": "99", "percentage": "100"}]

    assert examine(read_stated(event(data=activity(sectors=sectors))), poster).standing == "owner"


def test_marking_is_never_assumed(poster: Poster, event: Make, activity: Make) -> None:
    """A report that says nothing about who may read is refused."""
    data = activity()
    del data["marking"]

    assert refusal(poster, event(data=data)) == [("missing", "/data/marking")]


def test_amber_is_for_those_who_signed(event: Make, activity: Make) -> None:
    """A partner who signed the sharing agreement marks AMBER."""
    signed = Poster("hn", Custody(owned=frozenset({"HN-SEG"})), signed_agreement=True)
    stated = read_stated(event(data=activity(marking={"tlp": "AMBER"})))

    assert examine(stated, signed).standing == "owner"


@pytest.mark.parametrize(
    ("type", "code"),
    [
        ("decision.recorded", "type_not_yet"),
        ("activity.rumoured", "type_unknown"),
    ],
)
def test_types_that_are_not_accepted(poster: Poster, event: Make, type: str, code: str) -> None:
    """What cannot be taken yet is told apart from what does not exist."""
    assert refusal(poster, event(type=type)) == [(code, "/type")]


def test_an_import_must_be_the_partners_and_open(poster: Poster, event: Make) -> None:
    """No event slips into an import that is finished or another's."""
    stated = read_stated(event(importid="i-1"))

    assert refusal(poster, event(importid="i-1")) == [("import_not_open", "/importid")]
    assert examine(stated, poster, OwnImports(frozenset({"i-1"}))).recorded("now").import_id == "i-1"


def test_an_import_is_withdrawn_by_its_own_partner(poster: Poster, event: Make) -> None:
    """A partner undoes its own import, finished or not, and no other; the withdrawal itself belongs to no import."""
    own = OwnImports(open=frozenset({"i-1"}), all=frozenset({"i-1", "i-2"}))
    withdrawn = [
        examine(read_stated(event(type="import.withdrawn", data={"import_id": name})), poster, own)
        for name in ("i-1", "i-2")
    ]

    assert [("activities", b'["hn","i-1"]', None, "i-1"), ("activities", b'["hn","i-2"]', None, "i-2")] == [
        (each.topic, each.key, each.standing, each.withdraws) for each in withdrawn
    ]
    with pytest.raises(Refused) as refused:
        examine(read_stated(event(type="import.withdrawn", importid="i-1", data={"import_id": "i-3"})), poster, own)
    assert [("import_unknown", "/data/import_id"), ("import_within_import", "/importid")] == [
        (fault.code, fault.pointer) for fault in refused.value.faults
    ]


def test_an_event_has_a_size(poster: Poster, event: Make, activity: Make) -> None:
    """An event within a batch keeps the same limit as one alone."""
    texts = [{"narratives": [{"text": "x" * 20_000}] * 40}] * 2

    assert refusal(poster, event(data=activity(descriptions=texts))) == [("event_too_large", "/data")]


def test_a_refusal_tells_a_bounded_number_of_faults(poster: Poster, event: Make, activity: Make, payment: Make) -> None:
    """A file with one mistake in every line gets an answer that can be read."""
    wrong = activity(transactions=[payment(type="99")] * 500)

    assert len(refusal(poster, event(data=wrong))) == MOST_FAULTS


_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
_json = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
_names = ["title", "marking", "dates", "sectors", "transactions", "humanitarian", "locations", "goals", "reporter"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(name=st.sampled_from(_names), value=_json)
def test_no_data_is_a_surprise(poster: Poster, event: Make, activity: Make, name: str, value: Any) -> None:
    """Whatever a partner sends is accepted or refused with a reason, and what is accepted is spelled canonically."""
    data = activity() | {name: value}
    try:
        candidate = examine(read_stated(event(data=data)), poster)
    except Refused as refused:
        faults = refused.faults
    else:
        assert canonical_json(json.loads(candidate.data)) == candidate.data
        return
    assert faults
