"""What must be true of a history, whatever happened to the platform meanwhile. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from istmo_faults.history import (
    Answered,
    DeadLetter,
    Differed,
    Entry,
    Failed,
    Held,
    Logged,
    Poisoned,
    Resumed,
    Sent,
    Stood,
    Subscribed,
    Told,
)

__all__ = ["violations"]

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

_GONE = 410
_CLOCK_SECONDS = 0.05
"""So much earlier than it was asked to come again a webhook may seem to come: two clocks are read."""


def violations(history: Iterable[Entry]) -> list[str]:
    """Everything in a history that breaks a promise, in words; nothing where all is kept."""
    entries = list(history)
    return [
        *(each.what for each in _all(Failed, entries)),
        *_reports(entries),
        *_lists(entries),
        *_receivers(entries),
        *_poison(entries),
        *(f"the export and the oracle differ: {each.line}" for each in _all(Differed, entries)),
    ]


def _all(kind: type[T], entries: Sequence[Entry]) -> list[T]:
    return [entry for entry in entries if isinstance(entry, kind)]


def _grouped(pairs: Iterable[tuple[K, V]]) -> defaultdict[K, set[V]]:
    found: defaultdict[K, set[V]] = defaultdict(set)
    for key, value in pairs:
        found[key].add(value)
    return found


def _taken(told: Told) -> bool:
    return told.status is not None and 200 <= told.status < 300


def _reports(entries: Sequence[Entry]) -> Iterator[str]:
    """Every acknowledged report is there once, every refused one nowhere, every other one once or nowhere."""
    fates = _grouped((each.mark, each.fate) for each in _all(Answered, entries))
    numbers = _grouped(((each.subscriber, mark), each.number) for each in _all(Told, entries) for mark in each.marks)
    copies = {each.mark: each.copies for each in _all(Logged, entries)}
    programmes = {each.activity: each.programmes for each in _all(Held, entries)}
    subscribers = sorted({each.subscriber for each in _all(Subscribed, entries)})
    for sent in {each.mark: each for each in _all(Sent, entries)}.values():
        logged = copies.get(sent.mark, 0)
        acknowledged = bool(fates[sent.mark] & {"accepted", "duplicate"})
        refused = fates[sent.mark] == {"refused"}
        if acknowledged and not logged:
            yield f"{sent.mark} was acknowledged, and the log does not have it"
        if refused and logged:
            yield f"{sent.mark} was refused, and the log has it"
        if not (sent.alone or refused):
            continue
        once = 1 if logged else 0
        held = programmes.get(sent.activity, 0)
        if sent.alone and held != once:
            yield f"{sent.mark} ({'/'.join(sorted(fates[sent.mark]))}) is in {held} programmes instead of {once}"
        for subscriber in subscribers:
            times = len(numbers[subscriber, sent.mark])
            if times != once:
                yield f"{subscriber} was told {times} times of {sent.mark} instead of {once}"


def _lists(entries: Sequence[Entry]) -> Iterator[str]:
    """Each subscriber ends with every number of its list, in order: a stream once, a webhook under one message id."""
    last = {each.subscriber: each.last for each in _all(Stood, entries)}
    for subscribed in _all(Subscribed, entries):
        name = subscribed.subscriber
        told = [each for each in _all(Told, entries) if each.subscriber == name]
        if name not in last:
            yield f"nobody looked where the list of {name} stands"
            continue
        arrivals = [each.number for each in told if _taken(each)]
        if subscribed.channel == "webhook":
            arrivals = list(dict.fromkeys(arrivals))
        expected = list(range(subscribed.after + 1, last[name] + 1))
        if arrivals != expected:
            yield f"{name} has {_described(arrivals, expected)}"
        for number in sorted({each.number for each in told}):
            # What was withdrawn between two attempts is withheld from the second.
            attempts = [each for each in told if each.number == number]
            forms = max(len({each.message for each in attempts}), len({a.digest for a in attempts if not a.withheld}))
            if forms > 1:
                yield f"{name} was told number {number} in {forms} forms"


def _described(found: Sequence[int], expected: Sequence[int]) -> str:
    missing = sorted(set(expected) - set(found))
    doubled = sorted(number for number, times in Counter(found).items() if times > 1)
    strange = sorted(set(found) - set(expected))
    faults = {"missing": missing, "twice": doubled, "of no list": strange}
    words = [f"{name}: {', '.join(map(str, numbers[:20]))}" for name, numbers in faults.items() if numbers]
    return "numbers " + ("; ".join(words) or f"out of order: {found}")


def _receivers(entries: Sequence[Entry]) -> Iterator[str]:
    """A webhook is led nowhere else, sent nothing more after 410, and not pressed before its Retry-After."""
    for subscribed in _all(Subscribed, entries):
        name = subscribed.subscriber
        if subscribed.channel != "webhook":
            continue
        own = [each for each in entries if isinstance(each, Told | Resumed) and each.subscriber == name]
        for each in own:
            if isinstance(each, Told) and each.path != subscribed.path:
                yield f"{name} was followed to {each.path}"
        for before, after in pairwise(own):
            if not isinstance(before, Told) or not isinstance(after, Told):
                continue
            if before.status == _GONE:
                yield f"{name} said that it is gone, and was sent number {after.number}"
            if before.retry_after is not None and after.at - before.at < before.retry_after - _CLOCK_SECONDS:
                yield f"{name} asked for {before.retry_after} s and had {after.at - before.at:.2f} s"


def _poison(entries: Sequence[Entry]) -> Iterator[str]:
    """What nobody can read is put aside, and nothing else is."""
    poisoned = {(each.topic, each.partition, each.offset) for each in _all(Poisoned, entries)}
    aside = {(each.topic, each.partition, each.offset) for each in _all(DeadLetter, entries)}
    for place in sorted(poisoned - aside):
        yield f"the unreadable record at {place} was not put aside"
    for place in sorted(aside - poisoned):
        yield f"the record at {place} was put aside, and can be read"
