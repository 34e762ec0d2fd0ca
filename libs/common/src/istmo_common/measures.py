"""What every process counts and measures, under OpenTelemetry's names where it has them, else under `istmo.…`.

No attribute comes from a report or names a partner: topics, groups, stages, outcomes are the platform's own words.
Without telemetry nothing of it costs anything.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

__all__ = ["DEAD_LETTERS", "DELIVERIES", "OUTBOX_SENT", "RECEIPTS", "STREAMS", "consuming", "stage_done"]

_meter = metrics.get_meter("istmo_common.measures")


class Tally:
    """A counter by one attribute that costs an addition: it is read when measures are sent."""

    def __init__(self, name: str, unit: str, description: str, attribute: str) -> None:
        self._counts: Counter[str] = Counter()
        self._attribute = attribute
        _meter.create_observable_counter(name, [self._observe], unit, description)

    def add(self, count: int, value: str) -> None:
        """Count `count` more of those whose attribute has this value."""
        self._counts[value] += count

    def _observe(self, _: CallbackOptions) -> Iterator[Observation]:
        for value, count in list(self._counts.items()):
            yield Observation(count, {self._attribute: value})


# Seconds: from a round that found nothing to one that takes as long as anything may.
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_COUNTS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

DEAD_LETTERS: Final = _meter.create_counter("istmo.dead_letters", "{record}", "Records that break the contract")
DELIVERIES: Final = _meter.create_counter("istmo.deliveries", "{attempt}", "Attempts at delivery, by what came of them")
OUTBOX_SENT: Final = _meter.create_counter("istmo.outbox.sent", "{event}", "Events that were published")
RECEIPTS: Final = Tally("istmo.receipts", "{event}", "Posted events, by what became of them", "istmo.receipt.status")
STREAMS: Final = _meter.create_up_down_counter("istmo.streams", "{reader}", "Streams that are open")

_consumed = _meter.create_counter("messaging.client.consumed.messages", "{message}", "Records that were taken in")
_processing = _meter.create_histogram(
    "messaging.process.duration", "s", "How long a batch took", explicit_bucket_boundaries_advisory=_SECONDS
)
_stage_seconds = _meter.create_histogram(
    "istmo.stage.duration", "s", "How long a round of a stage took", explicit_bucket_boundaries_advisory=_SECONDS
)
_stage_size = _meter.create_histogram(
    "istmo.stage.batch_size", "{row}", "Rows that a round took", explicit_bucket_boundaries_advisory=_COUNTS
)


@contextmanager
def consuming(topics: Collection[str], group: str, records: int) -> Iterator[None]:
    """Measure the handling of a batch; of several topics none is named."""
    attributes = {"messaging.system": "kafka", "messaging.operation.name": "process"}
    attributes["messaging.consumer.group.name"] = group
    if len(topics) == 1:
        attributes["messaging.destination.name"] = next(iter(topics))
    began = time.perf_counter()
    try:
        yield
    except BaseException as error:
        attributes["error.type"] = type(error).__qualname__
        raise
    finally:
        _processing.record(time.perf_counter() - began, attributes)
        _consumed.add(records, attributes)


def stage_done(stage: str, began: float, rows: int, outcome: str) -> None:
    """Measure a round that began at `began` (`time.perf_counter`) and took `rows`."""
    attributes = {"istmo.stage": stage, "istmo.outcome": outcome}
    _stage_seconds.record(time.perf_counter() - began, attributes)
    _stage_size.record(rows, attributes)
