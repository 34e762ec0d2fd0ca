"""The evaluation as lines of text."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from istmo_evaluation.comparing import Figures
from istmo_evaluation.judged import Judged, Pair, Said
from istmo_evaluation.metrics import Counted, confusion, count
from istmo_evaluation.truth import Known, Truth

__all__ = ["Error", "blocking_line", "comparison_lines", "confusion_lines", "error_lines", "verdict_lines", "worst"]

_VERDICTS: Final = ("same", "linked", "possibly-same", "different")
_COST: Final = {
    ("linked", "same"): 5,
    ("different", "same"): 4,
    ("same", "different"): 3,
    ("same", "linked"): 3,
    ("possibly-same", "same"): 2,
    ("linked", "different"): 2,
}
"""How bad it is to tell one verdict as another; 1 where it is not listed. Wrongly merged money is worst."""
_WORST: Final = 10
_CUT: Final = 68


class Error(NamedTuple):
    """A pair of which something else is said than is true."""

    cost: int
    pair: Pair
    known: Known
    said: Said


def worst(truth: Truth, judged: Judged, limit: int = _WORST) -> list[Error]:
    """The worst errors: by cost, then, where a merge is wrong, the surest first, else the least sure first."""
    errors = []
    for pair, known in truth.pairs.items():
        said = judged.of(pair)
        if (said.verdict, said.kind) != (known.verdict, known.kind):
            errors.append(Error(_COST.get((known.verdict, said.verdict), 1), pair, known, said))
    return sorted(errors, key=_badness)[:limit]


def _badness(error: Error) -> tuple[int, float, Pair]:
    surer = error.said.score if error.said.verdict != "same" else -error.said.score
    return (-error.cost, surer, error.pair)


def comparison_lines(named: Iterable[tuple[str, Figures]]) -> Iterator[str]:
    """One row for each matcher: same and related by pair, pairs in one programme, B-cubed, merged linked pairs."""
    yield f"{'':24}{'same':^18}{'in one programme':^18}{'B-cubed':^18}{'related':^9}{'linked':>8}"
    rates = f"{'P':>6}{'R':>6}{'F1':>6}"
    yield f"{'matcher':24}{rates}{rates}{rates}{'R':>7}{'merged':>10}"
    for name, one in named:
        cells = [*_rates(one.same), *_rates(one.together), *one.bcubed]
        yield f"{name:24}{''.join(f'{cell:6.3f}' for cell in cells)}{one.related.recall:7.3f}{one.merged:10}"


def _rates(counted: Counted) -> tuple[float, float, float]:
    return counted.precision, counted.recall, counted.f1


def verdict_lines(truth: Truth, judged: Judged) -> Iterator[str]:
    """Precision, recall and F1 of each verdict."""
    told = [(known.verdict, judged.of(pair).verdict) for pair, known in truth.pairs.items()]
    yield f"{'verdict':16}{'P':>6}{'R':>6}{'F1':>6}{'true':>7}{'said':>7}"
    for verdict in _VERDICTS:
        one = count(told, {verdict})
        rates = "".join(f"{rate:6.3f}" for rate in _rates(one))
        yield f"{verdict:16}{rates}{one.right + one.missed:7}{one.right + one.wrong:7}"


def confusion_lines(truth: Truth, judged: Judged) -> Iterator[str]:
    """How often each true verdict (rows, with its kind) was told as each (columns)."""
    told = ((_name(known), _name(judged.of(pair))) for pair, known in truth.pairs.items())
    counted = confusion(told)
    names = sorted({name for pair in counted for name in pair}, key=_order)
    yield f"{'true / said':16}" + "".join(f"{name:>14}" for name in names)
    for true in (name for name in names if any(pair[0] == name for pair in counted)):
        yield f"{true:16}" + "".join(f"{counted[true, said]:14}" for said in names)


def _name(told: Known | Said) -> str:
    return told.kind or told.verdict


def _order(name: str) -> tuple[int, str]:
    linked = _VERDICTS.index("linked")
    return (_VERDICTS.index(name) if name in _VERDICTS else linked, name)


def blocking_line(truth: Truth, judged: Judged) -> str:
    """How many true related pairs blocking lets through, and how many candidates an activity has on average."""
    candidates = judged.candidates or frozenset()
    related = [pair for pair, known in truth.pairs.items() if known.verdict != "different"]
    found = sum(pair in candidates for pair in related)
    average = 2 * len(candidates) / len(truth.corpus)
    return f"blocking: recall {found}/{len(related)} of related pairs, {average:.1f} candidates an activity"


def error_lines(truth: Truth, errors: Sequence[Error]) -> Iterator[str]:
    """Each error with what is true, what was said, its score, and both titles."""
    for error in errors:
        source = f" ({error.known.source})" if error.known.source else ""
        yield f"{_name(error.known)} told as {_name(error.said)}, score {error.said.score:.2f}{source}"
        for end in error.pair:
            titles = " / ".join(narrative.text for narrative in truth.corpus[end].title)
            yield f"    {end.reporter}: {titles[:_CUT]}"
