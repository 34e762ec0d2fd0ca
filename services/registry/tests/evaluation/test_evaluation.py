"""What the evaluation says of the platform's matching."""

from functools import cache
from pathlib import Path

import pytest

from istmo_evaluation import matching, report
from istmo_evaluation.comparing import figures
from istmo_evaluation.judged import Corpus, Judged, Said
from istmo_evaluation.labels.labelled import read_labelled
from istmo_evaluation.metrics import Counted
from istmo_evaluation.truth import Known, Truth, masked, of_labels, of_real_awards
from istmo_registry.domain.ids import ActivityId
from istmo_registry.domain.parameters import PARAMETERS
from istmo_registry.domain.scoring import compare, observe, weigh

SPLITS = ("train", "test")


@cache
def _truth(split: str, *, hidden: bool = False) -> Truth:
    return masked(_truth(split)) if hidden else of_labels(read_labelled(), split)


@cache
def _judged(*, hidden: bool = False) -> Judged:
    """What the platform says of the whole set: both splits are judged in one corpus."""
    return matching.judge(_truth("test", hidden=hidden).corpus)


@pytest.mark.parametrize("split", SPLITS)
def test_a_matcher_that_knows_the_truth_reaches_everything(split: str) -> None:
    """The figures of the labels against themselves are all 1, and nothing linked is merged."""
    truth = _truth(split)
    knowing = {pair: Said(known.verdict, known.kind) for pair, known in truth.pairs.items()}

    reached = figures(truth, Judged(knowing, truth.programmes))

    assert (1.0, 1.0, 1.0) == (reached.same.f1, reached.related.f1, reached.together.f1)
    assert (1.0, 1.0, 1.0) == reached.bcubed
    assert 0 == reached.merged
    assert [] == report.worst(truth, Judged(knowing, truth.programmes))


def test_one_great_programme_is_seen_as_wrong() -> None:
    """Whoever merges everything finds all, is hardly ever right, and has merged every linked pair."""
    truth = _truth("test")

    reached = figures(truth, Judged({}, (frozenset(truth.corpus),)))

    assert 1.0 == reached.together.recall
    assert reached.together.precision < 0.01
    assert sum(known.verdict == "linked" for known in truth.pairs.values()) == reached.merged


@pytest.mark.parametrize(("split", "one_in"), [("test", None), ("train", 30)])
def test_the_platform_merges_hardly_anything_that_is_only_linked(split: str, one_in: int | None) -> None:
    """Phases, components, chains and co-financed works stay apart, identifiers visible or masked.

    Of the training split, which has accounts of a giver and a grantee that show nowhere who paid whom, nearly all do.
    """
    truth = _truth(split)
    linked = sum(known.verdict == "linked" for known in truth.pairs.values())

    for hidden in (False, True):
        seen = _truth(split, hidden=hidden)
        assert figures(seen, _judged(hidden=hidden)).merged <= (0 if one_in is None else linked // one_in)


def test_a_pair_that_is_left_early_is_different_by_all_that_is_seen() -> None:
    """Of works that blocking joins, and of any others, the judgement is that of whoever looks at everything."""
    features = matching.features_in(_truth("test").corpus)
    pairs = [*matching.candidates_of(features, PARAMETERS), *zip(sorted(features), sorted(features)[7:], strict=False)]

    for one, other in ((features[min(pair)], features[max(pair)]) for pair in pairs):
        one_reporter = one.activity.reporter == other.activity.reporter
        seen = observe(one, other)
        assert weigh(seen, PARAMETERS, one_reporter=one_reporter) == compare(one, other, PARAMETERS)


def test_the_order_of_the_corpus_decides_nothing() -> None:
    """The same reports in another order are judged alike."""
    assert _judged() == matching.judge(dict(reversed(_truth("test").corpus.items())))


def test_the_costliest_errors_come_first() -> None:
    """A merged phase is worse than a merged neighbour, and that worse than a twin that was not found."""
    a, b, c, d = (ActivityId("X", name) for name in "abcd")
    pairs = {(a, b): Known("same"), (a, c): Known("different"), (a, d): Known("linked", "phase-of")}
    said = {(a, c): Said("same", None, 12.0), (a, d): Said("same", None, 11.0)}
    truth = Truth({}, pairs, (), frozenset())

    assert [(a, d), (a, c), (a, b)] == [error.pair for error in report.worst(truth, Judged(said, ()))]


def test_the_comparison_is_a_table() -> None:
    """A reader finds each matcher's figures under their names."""
    truth = _truth("test")
    knowing = Judged({pair: Said(known.verdict, known.kind) for pair, known in truth.pairs.items()}, truth.programmes)

    *_, row = report.comparison_lines([("oracle", figures(truth, knowing))])

    assert ["oracle", *["1.000"] * 10, "0"] == row.split()


def test_nothing_is_taken_from_real_records(real_data: Path) -> None:
    """No title or description of the labelled set is one of a real record, stock phrases apart."""
    own, real = (_texts(corpus) for corpus in (read_labelled().activities, of_real_awards(real_data).corpus))

    assert {"information redacted"} >= own & real


def _texts(corpus: Corpus) -> set[str]:
    stated = [
        (*report.title, *(text for one in report.descriptions for text in one.narratives)) for report in corpus.values()
    ]
    return {narrative.text.casefold() for narratives in stated for narrative in narratives}


def test_real_awards(real_data: Path) -> None:
    """Of 258 real activities 83 are unjudged; 86 belong to 31 awards told in pieces, and masking keeps all that."""
    truth = of_real_awards(real_data)
    hidden = masked(truth)

    assert (258, 175) == (len(truth.corpus), len(truth.members))
    assert 175 * 174 // 2 == len(truth.pairs)
    assert len(truth.same_pairs()) == sum(known.verdict == "same" for known in truth.pairs.values())
    assert len(truth.same_pairs()) == len(hidden.same_pairs())
    assert [] == [name for name in hidden.corpus if name in truth.corpus]
    alone = figures(hidden, Judged({}, tuple(frozenset({name}) for name in hidden.corpus)))
    assert Counted(0, 0, len(truth.same_pairs())) == alone.same
