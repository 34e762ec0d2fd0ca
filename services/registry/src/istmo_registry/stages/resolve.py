"""Resolve: from changed components to programmes, fates of money and findings."""

from istmo_registry.domain.parameters import PARAMETERS, Parameters
from istmo_registry.stages.claims import Claim, Done
from istmo_registry.stages.differences import write_difference
from istmo_registry.stages.publications import Publisher
from istmo_registry.stages.reach import read_reach
from istmo_registry.stages.settling import settle
from istmo_registry.stages.stored import read_stored
from istmo_registry.store import activities, work
from istmo_registry.store.stage_records import settle_claim
from istmo_registry.store.statement import BEGIN, COMMIT, ROLLBACK_TO_SAVEPOINT, SAVEPOINT, Stage, notify

__all__ = ["resolve"]


def resolve(claim: Claim, publisher: Publisher, limit: int, parameters: Parameters = PARAMETERS) -> Stage[Done]:
    """Resolve the programmes of up to `limit` work rows, with all free rows of the same activities."""
    yield BEGIN
    claim.take_work((yield work.claim_work(limit)))
    if not claim.activities:
        yield COMMIT
        return Done.NOTHING
    # The set is the closure over stored membership and pairs that count as the same; the rim is one hop around it.
    reach = yield from read_reach(claim.activities, parameters)
    yield SAVEPOINT
    to_lock = reach.all
    yield activities.lock(to_lock)
    # Until the locks held, others may have moved it: read it again, and if it is not contained, lock the union.
    while not (reach := (yield from read_reach(claim.activities, parameters))).all <= to_lock:
        yield ROLLBACK_TO_SAVEPOINT
        to_lock |= reach.all
        yield activities.lock(to_lock)
    # What else waits for an activity inside is settled too: it was committed before what is read now.
    claim.add_work((yield work.claim_inside(sorted(reach.inside))))
    # Only now, when nothing of it can move, read what the outcome needs.
    stored = yield from read_stored(reach)
    settled = settle(stored, parameters)
    # Write the difference, keyed by member, and publish it with a version per key, in this same transaction.
    channels = yield from write_difference(stored, settled, claim, publisher)
    yield settle_claim("resolve", claim.activities, claim.records())
    if channels:
        yield notify(*channels)
    yield COMMIT
    return Done.SOME
