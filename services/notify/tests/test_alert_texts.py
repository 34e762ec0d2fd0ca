"""What an alert says, and to whom."""

import json

import pytest

from istmo_common.disclosure import Custody, Reader
from istmo_common.events.alerts import AlertComposed, AlertText
from istmo_common.events.outcomes import FindingKind, FindingRaised
from istmo_notify.domain.alerts import Alert, compose, succeed
from istmo_notify.domain.world import AlertChanged
from istmo_notify.stages.letters import letter_of
from istmo_notify_samples import duplicate, oddity, red, side

FINDING = duplicate(1, side(("XA", "a1"), ("XA", "a2")), side(("XB", "b1"), title="Patrullaje fronterizo"))


def reader(*owns: str, language: str = "es") -> Reader:
    return Reader(partner="p", custody=Custody(owned=frozenset(owns)), language=language)


def worded(finding: FindingRaised, eyes: Reader, language: str) -> AlertText:
    words = compose(finding, eyes, "p")
    assert words is not None
    return AlertText.model_validate_json(words["es" if language == "es" else "en"].data)


def test_a_duplicate_is_told_in_both_languages() -> None:
    """A ministry reads in Spanish what a donor reads in English, with titles in the language where there is one."""
    assert (
        "«Patrullas conjuntas» (XA) y «Patrullaje fronterizo» (XB) podrían ser la misma actividad, informada dos veces."
        == worded(FINDING, reader("XA"), "es").summary
    )
    assert (
        "“Patrullas conjuntas (en)” (XA) and “Patrullaje fronterizo (en)” (XB) may be the same undertaking, "
        "reported twice." == worded(FINDING, reader("XA"), "en").summary
    )


def test_the_recipients_own_record_comes_first() -> None:
    """Each side reads of its own record first, and of the other's second."""
    assert ["XA", "XB"] == [s.reporter for s in worded(FINDING, reader("XA"), "es").sides]
    assert ["XB", "XA"] == [s.reporter for s in worded(FINDING, reader("XB"), "es").sides]


def test_an_alert_carries_its_reasons_and_score() -> None:
    """The recipient sees why, not only that."""
    text = worded(FINDING, reader("XB"), "es")
    assert (("Los títulos son iguales.",), "9.5000", ("a1", "a2")) == (
        text.reasons,
        text.score,
        text.sides[1].activities,
    )


@pytest.mark.parametrize("hidden", ["XA", "XB"])
def test_a_side_that_the_recipient_may_not_see_yields_no_alert(hidden: str) -> None:
    """Nobody learns from an alert that a restricted record exists."""
    a = side(("XA", "a1"), label=red("XA")) if hidden == "XA" else side(("XA", "a1"))
    b = side(("XB", "b1"), label=red("XB")) if hidden == "XB" else side(("XB", "b1"))
    finding = duplicate(1, a, b)
    blind, seeing = ("XB", "XA") if hidden == "XA" else ("XA", "XB")
    assert compose(finding, reader(blind), "p") is None
    assert compose(finding, reader(seeing), "p") is not None
    assert compose(finding, reader("XA", "XB"), "p") is not None


@pytest.mark.parametrize("kind", ["id-conflict", "older-report"])
@pytest.mark.parametrize("language", ["es", "en"])
def test_what_is_odd_in_ones_own_reports_names_the_activity(kind: FindingKind, language: str) -> None:
    """A reporter finds the record that an alert about its own events speaks of."""
    text = worded(oddity(1, kind, side(("XA", "a1"))), reader("XA"), language)
    assert "a1" in text.summary
    assert 1 == len(text.sides)


def test_a_title_with_braces_is_told_as_it_is() -> None:
    """What partners write is never taken for a placeholder."""
    finding = oddity(1, "id-conflict", side(("XA", "a1"), title="Fase {own_reporter} {0}"))
    assert "Fase {own_reporter} {0}" in worded(finding, reader("XA"), "es").summary


def test_an_alert_is_updated_and_not_repeated() -> None:
    """One alert lives through raising, nothing new, an update, and clearing, under one id."""
    first = compose(FINDING, reader("XA"), "p")
    second = compose(FINDING.model_copy(update={"score": "8.0000"}), reader("XA"), "p")
    raised = succeed(None, FINDING.key, "p", FINDING.kind, first)
    assert raised is not None
    same = succeed(raised, FINDING.key, "p", FINDING.kind, first)
    updated = succeed(raised, FINDING.key, "p", FINDING.kind, second)
    cleared = succeed(updated, FINDING.key, "p", FINDING.kind, None)
    again = succeed(cleared, FINDING.key, "p", FINDING.kind, first)
    assert same is raised
    assert [("raised", 1), ("updated", 2), ("cleared", 3), ("raised", 4)] == [
        (alert.state, alert.revision) for alert in (raised, updated, cleared, again) if alert is not None
    ]
    assert {raised.id} == {alert.id for alert in (raised, updated, cleared, again) if alert is not None}


def test_nothing_is_raised_only_to_be_cleared() -> None:
    """A finding that was cleared before anybody heard of it reaches nobody."""
    assert succeed(None, FINDING.key, "p", FINDING.kind, None) is None


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_cleared_alert_says_nothing_of_the_records(language: str) -> None:
    """Whoever may no longer read of a record does not find it in what clears the alert."""
    cleared = Alert("a-1", "possible-duplicate", "cleared", 3, {})
    assert {"id": "a-1", "kind": "possible-duplicate"} == json.loads(cleared.farewell())
    event = AlertComposed.model_validate_json(letter_of(AlertChanged("f", "p", cleared), None).value)
    assert getattr(event, language) is None


def test_the_event_of_an_alert_keeps_the_contract() -> None:
    """Whoever reads the topic of alerts can rely on its schema, in both languages."""
    words = compose(FINDING, reader("XA"), "p")
    alert = succeed(None, FINDING.key, "p", FINDING.kind, words)
    assert alert is not None
    letter = letter_of(AlertChanged(FINDING.key, "p", alert), "00-aa-bb-01")
    event = AlertComposed.model_validate_json(letter.value)
    assert (alert.id, 1, "raised", "00-aa-bb-01") == (event.id, event.revision, event.state, letter.traceparent)
    assert event.es == worded(FINDING, reader("XA"), "es")
