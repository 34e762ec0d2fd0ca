"""Splink, a general library for probabilistic linkage, on the fields that the platform's matching reads.

Untrained but for its own expectation maximisation: it sees no label. Title, description, country, start, end, amount.
"""

import logging
import warnings
from decimal import Decimal
from typing import Any, Final

import pyarrow
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from istmo_common.events.activities import ActivityReported
from istmo_evaluation.judged import Corpus, Pair, pair_of

__all__ = ["linkage_scores"]

_SEED: Final = 1
_PAIRS: Final = 100_000
"""So many random pairs tell how often fields agree by chance."""
_LEAST: Final = 0.01
"""Pairs less likely than this are left out."""
_STARTS: Final = frozenset("12")
_COMMITTED: Final = frozenset({"2", "11"})


def linkage_scores(corpus: Corpus) -> dict[Pair, float]:
    """The probability of a match, by pair, where it is at least 0.01. Every pair of the corpus is compared."""
    names = sorted(corpus)
    rows = [{"unique_id": place, **_row(corpus[name])} for place, name in enumerate(names)]
    logging.getLogger("splink").setLevel(logging.ERROR)  # it tells of every level that it never saw
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predicted = _predict(pyarrow.Table.from_pylist(rows))
    return {pair_of(names[one], names[other]): likely for one, other, likely in predicted}


def _row(report: ActivityReported) -> dict[str, Any]:
    lines = report.transactions or ()
    countries = {share.code for share in report.recipient_countries}
    countries |= {line.recipient_country.code for line in lines if line.recipient_country is not None}
    days = [(dated.type in _STARTS, dated.date) for dated in report.dates]
    amounts = [Decimal(line.value.amount) for line in lines if line.type in _COMMITTED]
    told = [narrative.text for one in report.descriptions for narrative in one.narratives]
    return {
        "title": report.title[0].text.casefold(),
        "description": " ".join(told).casefold() or None,
        "countries": " ".join(sorted(countries)) or None,
        "starts": next((day.isoformat() for starting, day in days if starting), None),
        "ends": next((day.isoformat() for starting, day in days if not starting), None),
        "amount": f"{max(amounts):f}" if amounts else None,
    }


def _predict(table: pyarrow.Table) -> list[tuple[int, int, float]]:
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            compare.JaroWinklerAtThresholds("title", [0.95, 0.88, 0.8]),
            compare.JaroWinklerAtThresholds("description", [0.95, 0.8]),
            compare.ExactMatch("countries"),
            compare.ExactMatch("starts"),
            compare.ExactMatch("ends"),
            compare.ExactMatch("amount"),
        ],
        blocking_rules_to_generate_predictions=[{"blocking_rule": "1=1"}],
    )
    linker = Linker(DuckDBAPI().register(table), settings, log_level=None)
    training = linker.training
    training.estimate_probability_two_random_records_match([block_on("title"), block_on("starts", "ends")], recall=0.6)
    training.estimate_u_using_random_sampling(max_pairs=_PAIRS, seed=_SEED)
    training.estimate_parameters_using_expectation_maximisation(block_on("starts"))
    training.estimate_parameters_using_expectation_maximisation(block_on("ends"))
    likely = linker.inference.predict(threshold_match_probability=_LEAST).as_record_list()
    return [(row["unique_id_l"], row["unique_id_r"], row["match_probability"]) for row in likely]
