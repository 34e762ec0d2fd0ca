"""What is noticed, one finding for a group."""

from istmo_registry.domain.findings import Finding, duplicate_between, duplicates_within, oddities_of
from istmo_registry.domain.ids import ActivityId

A1, A2, B1, B2, C1 = (ActivityId(*name) for name in ("Aa", "Ab", "Ba", "Bb", "Ca"))


def test_one_finding_for_two_reporters_of_a_programme() -> None:
    """Two partners with several records of one work hear once, not for each pair of records."""
    assert {Finding("possible-duplicate", "A", "B", (A1, B1))} == duplicates_within([B2, A2, B1, A1])


def test_every_two_reporters_hear_of_one_another() -> None:
    """Of three reporters each pair is told."""
    assert {("A", "B"), ("A", "C"), ("B", "C")} == {(f.reporter, f.other) for f in duplicates_within([A1, B1, C1])}


def test_pair_in_question_is_told_by_its_groups() -> None:
    """A doubtful pair is named by the smallest record of each reporter in its programme, from whichever side."""
    expected = Finding("possible-duplicate", "A", "B", (A1, B1))

    assert expected == duplicate_between(A2, [A1, A2], B2, [B1, B2, C1])
    assert expected == duplicate_between(B2, [B1, B2, C1], A2, [A1, A2])


def test_one_reporter_or_one_programme_needs_no_question() -> None:
    """Doubles within one reporter are no alert, and what is one programme already is not asked about."""
    assert None is duplicate_between(A1, [A1], A2, [A2])
    assert None is duplicate_between(A1, [A1, B1], B1, [A1, B1])


def test_oddities_of_restricted_work_are_not_told() -> None:
    """What is not CLEAR takes part in no finding."""
    assert frozenset() == oddities_of(A1, clear=False, id_conflict=True, older_report=True)


def test_oddities_concern_the_reporter_alone() -> None:
    """A reporter hears of a used id and of an old report of its own."""
    expected = {Finding("id-conflict", "A", None, (A1,)), Finding("older-report", "A", None, (A1,))}

    assert expected == oddities_of(A1, clear=True, id_conflict=True, older_report=True)
    assert frozenset() == oddities_of(A1, clear=True, id_conflict=False, older_report=False)


def test_key_can_be_read_and_always_fits() -> None:
    """The key of a finding says what it is about, and is hashed where names are too long for an identifier."""
    long = ActivityId("A", "a" * 480)

    assert '["possible-duplicate","A","B",["A","a"],["B","a"]]' == Finding("possible-duplicate", "A", "B", (A1, B1)).key
    assert "sha256:" == Finding("possible-duplicate", "A", "B", (long, B1)).key[:7]
