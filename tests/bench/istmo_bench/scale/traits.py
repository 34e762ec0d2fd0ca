"""What makes a body of reports hard to match, in figures: the same for real files and for made ones."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import fmean
from typing import Self

from istmo_common.events.activities import ActivityReported
from istmo_registry.domain.blocking import keys_of
from istmo_registry.domain.report_features import features_of

__all__ = ["Traits"]

_HIDDEN = ("redacted", "reservad", "not available", "no disponible")


@dataclass(frozen=True, slots=True)
class Traits:
    """Shares of the activities unless said otherwise.

    `hidden_titles`: say that they are redacted. `equal_titles`: another activity of the same reporter has the title.
    `cut_titles`: begin another title of the same reporter, or go on where that ends. `bilingual_titles`: are told in
    two languages. `without_location`, `without_description`, `one_description_of_many`: share it with ten others.
    `largest_reporter`, `five_reporters`: are theirs. `commonest_start`: begin on the commonest day.
    `unnamed_parties`: of participating organisations, those without identifier. `references`: refer to another.
    `keys`: blocking keys of an activity. `alone`, `in_ten`, `in_sixty_five`: of all (key, activity), those whose key
    nobody else carries, at least 10 carry, and at least 65. `hottest_key`: carry the most carried key.
    """

    hidden_titles: float
    equal_titles: float
    cut_titles: float
    bilingual_titles: float
    without_location: float
    without_description: float
    one_description_of_many: float
    largest_reporter: float
    five_reporters: float
    commonest_start: float
    unnamed_parties: float
    references: float
    keys: float
    alone: float
    in_ten: float
    in_sixty_five: float
    hottest_key: float

    @classmethod
    def of(cls, reports: Iterable[ActivityReported]) -> Self:
        """Count them in these reports."""
        stated = list(reports)
        count = len(stated)
        features = [features_of(report, report.transactions or ()) for report in stated]
        titles = [(report.reporter, _title(report)) for report in stated]
        of_title, reporters = Counter(titles), Counter(report.reporter for report in stated).most_common(5)
        told = Counter(text for report in stated if (text := _description(report)) is not None)
        starts = Counter(one.starts for one in features if one.starts is not None)
        parties = [party for report in stated for party in report.participating_organisations]
        carried = [keys_of(one) for one in features]
        carriers = Counter(key for keys in carried for key in keys)
        rows = [carriers[key] for keys in carried for key in keys]
        return cls(
            hidden_titles=_share(any(word in title.lower() for word in _HIDDEN) for _, title in titles),
            equal_titles=_share(of_title[title] > 1 for title in titles),
            cut_titles=len(_cut(titles)) / count,
            bilingual_titles=_share(len({one.language for one in report.title}) > 1 for report in stated),
            without_location=_share(not report.locations for report in stated),
            without_description=_share(_description(report) is None for report in stated),
            one_description_of_many=sum(times for times in told.values() if times >= 10) / count,
            largest_reporter=reporters[0][1] / count,
            five_reporters=sum(times for _, times in reporters) / count,
            commonest_start=starts.most_common(1)[0][1] / count,
            unnamed_parties=_share(party.identifier is None for party in parties),
            references=_share(bool(one.references) for one in features),
            keys=fmean(len(keys) for keys in carried),
            alone=_share(times == 1 for times in rows),
            in_ten=_share(times >= 10 for times in rows),
            in_sixty_five=_share(times >= 65 for times in rows),
            hottest_key=max(carriers.values()) / count,
        )

    def figures(self) -> dict[str, float]:
        """By name."""
        return asdict(self)


def _share(said: Iterable[bool]) -> float:
    return fmean(said)


def _title(report: ActivityReported) -> str:
    return report.title[0].text.strip()


def _description(report: ActivityReported) -> str | None:
    return report.descriptions[0].narratives[0].text if report.descriptions else None


def _cut(titles: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Titles of which one begins another of the same reporter, and those others; sorted, they are neighbours."""
    ordered = sorted({(reporter, title) for reporter, title in titles if len(title) >= 12})
    found = set()
    for one, other in pairwise(ordered):
        if one[0] == other[0] and other[1].startswith(one[1]):
            found |= {one, other}
    return found
