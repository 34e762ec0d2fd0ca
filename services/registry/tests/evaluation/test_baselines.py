"""The simple means beside which the platform is shown."""

import math

import pytest

from istmo_common.events.activities import ActivityReported
from istmo_evaluation.baselines import edit_scores, equal_scores, linkage_scores, word_scores
from istmo_evaluation.judged import Corpus, Pair
from istmo_evaluation.tuning import best_threshold
from istmo_registry.domain.ids import ActivityId


def _dated(*works: tuple[str, list[dict[str, str]]]) -> Corpus:
    plain = {"reporter": "X", "marking": {"tlp": "CLEAR"}}
    stated = [
        {"activity": f"X-{n}", "title": [{"text": title}], "dates": dates} for n, (title, dates) in enumerate(works)
    ]
    reports = [ActivityReported.model_validate(plain | one) for one in stated]
    return {ActivityId(report.reporter, report.activity): report for report in reports}


def _corpus(*titles: str) -> Corpus:
    return _dated(*((title, []) for title in titles))


def _pair(one: int, other: int) -> Pair:
    return ActivityId("X", f"X-{one}"), ActivityId("X", f"X-{other}")


def test_equal_titles_without_regard_to_case() -> None:
    """Case and spacing do not tell titles apart, a letter does."""
    assert {_pair(0, 1): 1.0} == equal_scores(_corpus("Safe  Streets", "safe streets", "safe street"))


def test_edits_by_length() -> None:
    """One letter more in twelve is 24/25; another word is too far."""
    assert {_pair(0, 1): 24 / 25} == edit_scores(_corpus("safe streets", "safe streetss", "safe schools"), 0.9)


def test_cosine_by_hand() -> None:
    """Two of three records share the word that is in two of them: its weight is log 3/2, that of the others log 3."""
    shared, alone = math.log(3 / 2), math.log(3)

    scores = word_scores(_corpus("police school", "police cars", "water"))

    assert {_pair(0, 1): shared**2 / (shared**2 + alone**2)} == pytest.approx(scores)


def test_linkage_finds_the_twin() -> None:
    """Of a dozen works, two of them with one title and start, these are the likeliest match."""
    words = [f"{word} {place}" for word in ("school", "court", "port") for place in ("north", "south", "west")]
    dates = [{"type": kind, "date": f"20{20 + place % 3}-01-01"} for place in range(9) for kind in ("1", "3")]
    works = [(title, dates[2 * place : 2 * place + 2]) for place, title in enumerate(words)]
    twin = ("women's shelter of the eastern coast", dates[:2])

    scores = linkage_scores(_dated(*works, twin, twin))

    assert _pair(10, 9) == max(scores, key=lambda pair: scores[pair])


def test_the_threshold_is_the_best_on_the_training_pairs() -> None:
    """Two true pairs at 0.9 and 0.6, a false one at 0.7 and one at 0.5: 0.6 finds both for one wrong."""
    scores = {_pair(0, 1): 0.9, _pair(0, 2): 0.7, _pair(0, 3): 0.6, _pair(0, 4): 0.5}

    assert 0.6 == best_threshold(scores, {_pair(0, 1), _pair(0, 3)})


def test_pairs_of_one_score_stand_or_fall_together() -> None:
    """A threshold can't divide what scores alike."""
    scores = {_pair(0, 1): 0.9, _pair(0, 2): 0.6, _pair(0, 3): 0.6, _pair(0, 4): 0.6}

    assert 0.9 == best_threshold(scores, {_pair(0, 1), _pair(0, 2)})
