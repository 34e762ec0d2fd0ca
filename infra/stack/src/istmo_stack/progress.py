"""Waiting until the platform has taken in everything that the log held when the wait began."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from istmo_stack.admin import AdminClient
from istmo_stack.errors import CallFailed
from istmo_stack.folder import Addresses

__all__ = ["End", "Progress", "end_offsets", "wait_for_rest"]

End = tuple[str, int]
"""A topic, without the stack's prefix, and a partition of it."""

_REPORTS = ("activities", "transactions", "decisions")
_OUTCOMES = ("findings", "programmes")
_ASK_EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class Progress:
    """Where the wait ended.

    `waiting_for` says what was not done when time ran out; `parked` lists what a stage has put aside with its error;
    `retrying` names the webhooks that are not waited for.
    """

    waiting_for: tuple[str, ...] = ()
    parked: tuple[Any, ...] = ()
    retrying: tuple[str, ...] = field(default=())


def wait_for_rest(addresses: Addresses, admin: AdminClient, *, timeout_seconds: float) -> Progress:
    """Return when the registry, then notify, have stored what the log held, and the registry has no work left.

    A service that does not answer is asked again until `timeout_seconds` have passed.
    """
    deadline = time.monotonic() + timeout_seconds
    reports = end_offsets(addresses.kafka, _REPORTS)
    registry, waiting = _poll(lambda: admin.progress(addresses.registry), "registry", reports, deadline)
    parked = tuple(registry.get("parked", ()))
    if waiting:
        return Progress(waiting, parked)
    outcomes = end_offsets(addresses.kafka, _OUTCOMES)
    notify, waiting = _poll(lambda: admin.progress(addresses.notify), "notify", outcomes, deadline)
    return Progress(waiting, parked, tuple(notify.get("retrying", ())))


def _poll(
    ask: Callable[[], dict[str, Any]], service: str, ends: Mapping[End, int], deadline: float
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Ask until nothing is missing or time is up: the last answer, and what was missing in it."""
    answer: dict[str, Any] = {}
    while True:
        try:
            answer = ask()
            missing = tuple(_missing(service, answer, ends))
        except CallFailed as error:
            if error.status is not None and error.status < 500:
                raise
            missing = (f"{service}: {error}",)
        if not missing or time.monotonic() >= deadline:
            return answer, missing
        time.sleep(_ASK_EVERY_SECONDS)


def _missing(service: str, answer: Mapping[str, Any], ends: Mapping[End, int]) -> Iterable[str]:
    stored = {(each["topic"], each["partition"]): each["stored"] for each in answer["partitions"]}
    for (topic, partition), end in sorted(ends.items()):
        if stored.get((topic, partition), 0) < end:
            yield f"{service}: {topic} {partition} stored up to {stored.get((topic, partition), 0)} of {end}"
    for queue in ("dirty", "work", "outbox"):
        if answer.get(queue):
            yield f"{service}: {queue} {answer[queue]}"


def end_offsets(bootstrap_servers: str, topics: Iterable[str]) -> dict[End, int]:
    """The number of the next record in each partition of `topics` that has any. Raises `BrokerUnavailable`."""
    # Imported here: a look at how things are needs neither, and `istmo status` answers in half the time without them.
    from istmo_common.kafka.ends import end_offsets as log_ends  # noqa: PLC0415
    from istmo_common.settings import CommonSettings  # noqa: PLC0415

    ends = asyncio.run(log_ends(bootstrap_servers, CommonSettings().topic_prefix, tuple(topics)))
    return {(partition.topic, partition.number): end for partition, end in ends.items() if end}
