"""Match: from changed activities to pairs. Scored without locks; then locked, read again, written where it holds."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from istmo_registry.domain.explaining import kept
from istmo_registry.domain.features import Features
from istmo_registry.domain.mutual import may_rival
from istmo_registry.domain.parameters import Parameters
from istmo_registry.domain.scoring import compare
from istmo_registry.stages.claims import Claim, Done
from istmo_registry.stages.known_features import KnownFeatures, Versioned
from istmo_registry.store import activities, dirty, pairs, parked, work
from istmo_registry.store.pairs import PairRow
from istmo_registry.store.stage_records import insert_stage_records
from istmo_registry.store.statement import BEGIN, COMMIT, ROLLBACK, Stage, notify

__all__ = ["Matching", "match"]

_Ends = tuple[int, int]
_UNKNOWN: Final[Versioned] = (0, None)


@dataclass(frozen=True, slots=True)
class _View:
    """Present pairs of the claimed activities, and candidates among what they may come to, as read at one moment."""

    present: dict[_Ends, PairRow]
    candidates: frozenset[_Ends]


@dataclass(slots=True)
class _Plan:
    """What is to be written, and what cannot be without locking more."""

    write: list[PairRow] = field(default_factory=list)
    remove: list[_Ends] = field(default_factory=list)
    unlocked: bool = False


@dataclass(frozen=True, slots=True)
class Matching:
    """What match needs besides the tables: the parameters, and what it remembers of them."""

    parameters: Parameters
    known: KnownFeatures = field(default_factory=KnownFeatures)


def match(claim: Claim, matching: Matching, limit: int) -> Stage[Done]:
    """Match up to `limit` dirty rows, with all free rows of the same activities.

    Returns `Done.STALE`, with nothing committed, if somebody was quicker: then it is to be tried again.
    """
    yield BEGIN
    claim.take_dirty((yield dirty.claim_dirty(limit)))
    if not claim.activities:
        yield COMMIT
        return Done.NOTHING
    parameters, matched, all_ids = matching.parameters, claim.to_match, claim.activities
    # Only now, after the claim, are pairs, candidates and features read, and scored without a lock.
    first = yield from _read(all_ids, matched, parameters)
    scored_ids = _others(first, matched) | matched
    features = yield from _features(scored_ids, matching.known)
    wanted = _score(first, matched, features, matching)
    # Lock, in id order, the claimed and both ends of every pair that would change.
    changing = _changing(first, wanted, matched)
    locked: dict[int, int] = dict((yield activities.lock(all_ids | {end for ends in changing for end in ends})))
    if any(features[activity][0] != version for activity, version in locked.items() if activity in features):
        yield ROLLBACK
        return Done.STALE
    # Read again what may have changed until the locks held, and write what both reads bear out.
    second = yield from _read_again(all_ids, first, wanted, parameters)
    plan = _plan(second, wanted, matched, locked.keys())
    if plan.unlocked:
        yield ROLLBACK
        return Done.STALE
    yield from _write(plan)
    # Work for every fully matched activity, always; for both ends of each pair that vanished, or was or is no weak one.
    to_resolve = _work(claim, plan, second.present, features, parameters)
    if to_resolve:
        yield work.insert_work(to_resolve)
    yield parked.unpark("match", all_ids)
    if records := claim.records():
        yield insert_stage_records("match", records)
    yield notify(work.WORK)
    yield COMMIT
    return Done.SOME


def _read(claimed: frozenset[int], matched: frozenset[int], parameters: Parameters) -> Stage[_View]:
    """All candidates of what is matched in full; what is only checked may lose a pair that it has."""
    present = yield from _present(claimed)
    candidates = (yield dirty.read_candidates(matched, parameters)) if matched else []
    checked = [ends for ends in present if matched.isdisjoint(ends)]
    kept_up = (yield dirty.read_candidates_of(checked, parameters)) if checked else []
    return _View(present, frozenset((min(row), max(row)) for row in (*candidates, *kept_up)))


def _read_again(
    claimed: frozenset[int], first: _View, wanted: Mapping[_Ends, PairRow | None], parameters: Parameters
) -> Stage[_View]:
    """Whether what would be written is a candidate still, and what would go is none; nothing else is looked at."""
    present = yield from _present(claimed)
    written = {ends for ends, row in wanted.items() if row is not None and row != present.get(ends)}
    asked = written | (present.keys() - first.candidates)
    answered = (yield dirty.read_candidates_of(asked, parameters)) if asked else []
    return _View(present, (first.candidates - asked).union(answered))


def _present(claimed: frozenset[int]) -> Stage[dict[_Ends, PairRow]]:
    return {(row[0], row[1]): PairRow(*row) for row in (yield pairs.read_pairs(claimed))}


def _features(ids: frozenset[int], known: KnownFeatures) -> Stage[dict[int, Versioned]]:
    features = known.recall((yield activities.read_feature_versions(ids)))
    unknown = ids - features.keys()
    if unknown:
        read = activities.features_in((yield activities.read_features(unknown)))
        known.keep(read)
        features |= read
    return features


def _others(view: _View, matched: frozenset[int]) -> frozenset[int]:
    """The candidates of the activities that are matched in full."""
    return frozenset(end for ends in view.candidates if not matched.isdisjoint(ends) for end in ends)


def _score(
    view: _View, matched: frozenset[int], features: Mapping[int, Versioned], matching: Matching
) -> dict[_Ends, PairRow | None]:
    """Every candidate pair with an end that is matched in full; None: the two are different."""
    wanted: dict[_Ends, PairRow | None] = {}
    for ends in view.candidates:
        if matched.isdisjoint(ends):
            continue
        (version, a), (other_version, b) = (features.get(end, _UNKNOWN) for end in ends)
        if a is not None and b is not None:
            row = partial(_row, ends, a, b, matching.parameters)
            wanted[ends] = matching.known.compared(ends, (version, other_version), row)
    return wanted


def _row(ends: _Ends, a: Features, b: Features, parameters: Parameters) -> PairRow | None:
    compared = compare(a, b, parameters)
    if compared.verdict == "different":
        return None
    return PairRow(*ends, compared.verdict, compared.kind, compared.score, kept(compared.evidence))


def _changing(view: _View, wanted: Mapping[_Ends, PairRow | None], matched: frozenset[int]) -> set[_Ends]:
    """The pairs that would be written or removed if nothing moved."""
    plan = _plan(view, wanted, matched, None)
    return {(row.a, row.b) for row in plan.write} | set(plan.remove)


def _plan(
    view: _View,
    wanted: Mapping[_Ends, PairRow | None],
    matched: frozenset[int],
    locked: Collection[int] | None,
) -> _Plan:
    """What follows from the pairs and candidates of `view`; `locked` None: as if everything were locked.

    A candidate that was not scored came after the first read, and its own dirty row is still to come or has been seen
    to: its pair is left as it is.
    """
    plan = _Plan()
    for ends in view.present.keys() | (view.candidates & wanted.keys()):
        present = view.present.get(ends)
        holds = locked is None or all(end in locked for end in ends)
        if ends not in view.candidates or (ends in wanted and wanted[ends] is None):
            if present is not None and holds:
                plan.remove.append(ends)
            # A pair that must go must not stay because its other end is free to change.
            plan.unlocked |= present is not None and not holds
        elif (row := wanted.get(ends)) is not None and row != present and holds:
            plan.write.append(row)
    return plan


def _write(plan: _Plan) -> Stage[None]:
    if plan.remove:
        yield pairs.delete_pairs(plan.remove)
    if plan.write:
        yield pairs.upsert_pairs(plan.write)


def _work(
    claim: Claim,
    plan: _Plan,
    present: Mapping[_Ends, PairRow],
    features: Mapping[int, Versioned],
    parameters: Parameters,
) -> list[tuple[int, str | None]]:
    traces = {activity: claim.trace_of([activity]) for activity in claim.to_match}

    def is_weak(row: PairRow | None) -> bool:
        """Whether it is a question that no other pair's verdict hangs on: the end that is matched tells of it."""
        if row is None:
            return True
        decides = may_rival(row.score, parameters) and not _have_one_reporter(row, features)
        return row.verdict == "possibly-same" and not decides

    told = ((row, (row.a, row.b)) for row in plan.write)
    deciding = [ends for row, ends in told if not (is_weak(row) and is_weak(present.get(ends)))]
    for ends in sorted([*plan.remove, *deciding]):
        for end in ends:
            traces.setdefault(end, claim.trace_of(ends))
    return sorted(traces.items())


def _have_one_reporter(row: PairRow, features: Mapping[int, Versioned]) -> bool:
    (_, a), (_, b) = features[row.a], features[row.b]
    return a is not None and b is not None and a.activity.reporter == b.activity.reporter
