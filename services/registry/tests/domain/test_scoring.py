"""How two activities are judged, and that the judgement explains itself."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istmo_common.catalogue import has_text
from istmo_registry.domain.features import Features, Reference
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.domain.scoring import Comparison, compare
from istmo_registry.domain.text import normal_title

TITLE = "Patrullas conjuntas contra el contrabando en la frontera"


def _features(reporter: str = "X", title: str = TITLE, activity: str = "a", **fields: Any) -> Features:
    plain: dict[str, Any] = {"titles": (normal_title(title),), "countries": ("HN",)}
    return Features(ActivityId(reporter, activity), **(plain | fields))


def _judge(a: Features, b: Features) -> Comparison:
    return compare(a, b, PARAMETERS)


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, "same"),
        ({"title": "Contrabando en la frontera: patrullas conjuntas"}, "same"),
        ({"title": "Joint patrols against contraband at the frontera"}, "different"),
        ({"title": TITLE + " norte", "starts": date(2024, 3, 1)}, "same"),
        ({"title": TITLE + " norte"}, "possibly-same"),
        ({"title": TITLE + " norte y la costa del Pacífico"}, "possibly-same"),
        ({"countries": ("GT",)}, "different"),
        ({"countries": ()}, "possibly-same"),
        ({"starts": date(2014, 1, 1)}, "possibly-same"),
        ({"title": TITLE + ", Guatemala"}, "same"),
        ({"title": TITLE + ", fase II"}, "possibly-same"),
        ({"title": "Tribunales móviles"}, "different"),
        ({"title": "Information redacted"}, "different"),
        ({"title": "Tribunales móviles", "identifiers": ("abc2024x",)}, "same"),
        ({"title": "Tribunales móviles", "countries": ("GT",), "identifiers": ("abc2024x",)}, "possibly-same"),
        ({"title": "Tribunales móviles", "references": (Reference("same-work", "a"),)}, "same"),
        ({"references": (Reference("sibling", "a"),)}, "different"),
        ({"references": (Reference("sibling", "a"),), "identifiers": ("abc2024x",)}, "possibly-same"),
    ],
)
def test_verdicts_between_reporters(fields: dict[str, Any], verdict: str) -> None:
    """Equal titles or a shared identifier join two reports, less makes a question, contradiction makes neither."""
    one = _features(starts=date(2024, 1, 1), identifiers=("abc2024x",))

    assert verdict == _judge(one, _features("Y", activity="b", **fields)).verdict


@pytest.mark.parametrize(
    ("kind", "expected"), [("funds", "funds"), ("part-of", "part-of"), ("sibling", None), ("co-funded", None)]
)
def test_stated_reference_links(kind: Any, expected: str | None) -> None:
    """Who funds or contains another is linked to it, never the same, however alike the two are."""
    pair = _judge(_features(), _features("Y", references=(Reference(kind, "a"),), activity="b"))

    assert (expected, expected is not None) == (pair.kind, pair.verdict == "linked")


def test_reference_to_another_activity_links_nothing() -> None:
    """A reference that does not resolve to the other is no evidence about it."""
    assert "same" == _judge(_features(), _features("Y", references=(Reference("funds", "z"),), activity="b")).verdict


def test_phases_of_one_work_are_linked() -> None:
    """Fase I and Phase 2 of one title are parts of a whole."""
    pair = _judge(_features(title=TITLE + " fase I"), _features("Y", title=TITLE + ", Phase 2"))

    assert ("linked", "phase-of") == (pair.verdict, pair.kind)


def test_phases_of_different_works_are_nothing() -> None:
    """Two first and second phases of unlike titles, or in different countries, have nothing in common."""
    first = _features(title=TITLE + " fase I")

    assert "different" == _judge(first, _features("Y", title="Tribunales móviles, fase II")).verdict
    assert "different" == _judge(first, _features("Y", title=TITLE + " fase II", countries=("GT",))).verdict


def test_one_reporter_seldom_says_one_thing_twice() -> None:
    """Equal titles of one reporter are at most a question; a shared identifier decides."""
    dated: dict[str, Any] = {"starts": date(2024, 1, 1)}
    code: dict[str, Any] = {"identifiers": ("abc2024x",)}

    assert "possibly-same" == _judge(_features(**dated), _features(activity="b", **dated)).verdict
    assert "same" == _judge(_features(**code), _features(activity="b", **code)).verdict


def test_one_reporters_rule_does_not_hang_on_weights() -> None:
    """However the weights are trained, one reporter's works are not joined by what they look like."""
    trained = replace(PARAMETERS, weights={**PARAMETERS.weights, "reporter-same": Decimal(20)})

    assert "possibly-same" == compare(_features(), _features(activity="b"), trained).verdict


def test_any_narrative_can_be_the_alike_one() -> None:
    """A bilingual report is compared by whichever of its titles fits."""
    bilingual = _features("Y", titles=tuple(sorted([normal_title("Something else entirely"), normal_title(TITLE)])))

    assert "same" == _judge(_features(), bilingual).verdict


def test_every_weight_has_its_sentence_in_both_languages() -> None:
    """No judgement is left without words, in Spanish or in English."""
    assert [] == [name for name in PARAMETERS.weights if not has_text(f"evidence.{name}")]


def test_judgement_explains_itself() -> None:
    """The weights shown are the score, and every one has a sentence."""
    pair = _judge(_features(starts=date(2024, 1, 1)), _features("Y", starts=date(2024, 1, 5)))

    assert pair.score == sum(found.weight for found in pair.evidence) == Decimal(12)
    assert "Comienzan con 4 días de diferencia." in [found.es for found in pair.evidence]
    assert "Both state the same country: HN." in [found.en for found in pair.evidence]


_any = st.builds(
    _features,
    reporter=st.sampled_from("XY"),
    activity=st.sampled_from("ab"),
    title=st.builds(
        lambda title, end: title + end,
        st.sampled_from([TITLE, TITLE[:40], "Joint patrols", "Information redacted", "Tribunales móviles 4"]),
        st.sampled_from(["", " fase I", " fase II", " Honduras", " Guatemala"]),
    ),
    countries=st.sampled_from([(), ("HN",), ("GT",), ("GT", "HN")]),
    identifiers=st.sampled_from([(), ("abc2024x",)]),
    references=st.sampled_from([(), *((Reference(kind, "a"),) for kind in ("funds", "sibling", "same-work"))]),
    starts=st.sampled_from([None, date(2014, 1, 1), date(2024, 1, 1), date(2024, 2, 1)]),
    ends=st.sampled_from([None, date(2024, 1, 15), date(2025, 1, 1)]),
)


@given(_any, _any)
def test_judgement_is_the_same_from_both_sides(a: Features, b: Features) -> None:
    """It does not matter which of the two was reported first."""
    assert _judge(a, b) == _judge(b, a)


@given(_any, _any)
def test_verdict_follows_from_what_is_shown(a: Features, b: Features) -> None:
    """A score that is shown is the sum of its evidence, has four decimals at most, and stays within its verdict."""
    pair = _judge(a, b)

    assert pair.score == pair.score.quantize(Decimal("0.0001"))
    if pair.verdict in ("same", "possibly-same"):
        least = PARAMETERS.same_line if pair.verdict == "same" else PARAMETERS.possible_line
        assert pair.score == sum(found.weight for found in pair.evidence)
        assert pair.score >= least


@pytest.mark.parametrize(
    ("title", "verdict"),
    [(TITLE, "linked"), (TITLE + " norte", "linked"), ("Patrullas contra el contrabando en la frontera", "different")],
)
@pytest.mark.parametrize("references", [(), (Reference("same-work", "a"),)])
def test_different_phases_are_never_the_same(title: str, verdict: str, references: tuple[Reference, ...]) -> None:
    """Neither identifiers nor anything else joins a first phase with a second one."""
    known: dict[str, Any] = {"identifiers": ("abc2024x",), "starts": date(2024, 1, 1)}
    first = _features(title=TITLE + " fase I", **known)

    assert verdict == _judge(first, _features("Y", title + " etapa 2", references=references, **known)).verdict
