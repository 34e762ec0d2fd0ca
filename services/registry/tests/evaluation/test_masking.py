"""Reports without the help of identifiers."""

from typing import Any

from istmo_common.events.activities import ActivityReported
from istmo_evaluation.judged import Corpus
from istmo_evaluation.masking import mask
from istmo_registry.domain.ids import ActivityId


def _corpus(*reports: dict[str, Any]) -> Corpus:
    plain = {"reporter": "X", "marking": {"tlp": "CLEAR"}, "title": [{"text": "Award AB12 for safe streets"}]}
    read = [ActivityReported.model_validate(plain | report) for report in reports]
    return {ActivityId(report.reporter, report.activity): report for report in read}


def _line(**fields: Any) -> dict[str, Any]:
    return {"type": "3", "date": "2026-01-01", "value": {"amount": "5", "currency": "USD"}, **fields}


def test_identifiers_are_opaque_and_keep_their_reporter() -> None:
    """Nothing of an award's code is left in an identifier; whose record it is can still be read."""
    masked = mask(_corpus({"activity": "X-AB12-1"}))

    (name,) = masked.corpus
    assert ActivityId("X", "X-AB12-1") in masked.names
    assert "X" == name.reporter
    assert name.activity.startswith("X-")
    assert "AB12" not in name.activity


def test_references_still_resolve() -> None:
    """Parent, funder and receiver are named by their new identifiers."""
    parties: dict[str, Any] = {
        "activity": "X-2",
        "related_activities": [{"activity": "X-1", "type": "1"}],
        "participating_organisations": [{"role": "1", "activity": "X-1"}],
        "transactions": [_line(provider={"activity": "X-1"}, receiver={"activity": "X-9"})],
    }
    masked = mask(_corpus({"activity": "X-1"}, parties))
    parent, child = (masked.names[ActivityId("X", name)] for name in ("X-1", "X-2"))

    report = masked.corpus[child]
    (line,) = report.transactions or ()

    assert line.provider is not None
    assert line.receiver is not None
    named = {report.related_activities[0].activity, report.participating_organisations[0].activity}
    assert {parent.activity} == named | {line.provider.activity}
    assert line.receiver.activity not in {"X-9", parent.activity, child.activity}


def test_refs_agree_within_an_activity_and_never_across() -> None:
    """A commitment and its disbursement keep one ref; two activities never share one, nor another identifier."""
    shared: dict[str, Any] = {
        "transactions": [_line(ref="AB12"), _line(ref="AB12")],
        "other_identifiers": [{"identifier": "AB12"}],
        "locations": [{"ref": "AB12"}],
    }
    masked = mask(_corpus({"activity": "X-1", **shared}, {"activity": "X-2", **shared}))

    one, other = masked.corpus.values()
    refs = [{line.ref for line in report.transactions or ()} for report in (one, other)]
    assert [1, 1] == [len(refs[0]), len(refs[1])]
    assert refs[0].isdisjoint(refs[1])
    assert one.other_identifiers[0].identifier != other.other_identifiers[0].identifier
    assert one.locations[0].ref != other.locations[0].ref
    assert "AB12" not in refs[0] | refs[1]


def test_texts_stay() -> None:
    """A code in a title is what a person would read too."""
    (report,) = mask(_corpus({"activity": "X-1"})).corpus.values()

    assert "Award AB12 for safe streets" == report.title[0].text


def test_the_order_is_that_of_the_new_identifiers() -> None:
    """Nothing of the order of the file helps."""
    masked = mask(_corpus(*({"activity": f"X-{number}"} for number in range(20))))

    assert sorted(masked.corpus) == list(masked.corpus)
    assert list(masked.names.values()) != list(masked.corpus)
