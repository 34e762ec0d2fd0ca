"""The second phase of fold: imports, whose rows keep a report and the withdrawal of its import from missing each other.

Whoever folds a report shares the row of its import, and those of all imports that brought something under its event
id; whoever withdraws an import has its row alone. So a withdrawal finds every report that was folded before it, and a
report every withdrawal.
"""

from collections.abc import Sequence

from istmo_registry.domain.ids import ImportId
from istmo_registry.stages.arrivals import Arrivals
from istmo_registry.stages.incoming import IncomingWithdrawal
from istmo_registry.store import imports, reports
from istmo_registry.store.reports import CopyRow
from istmo_registry.store.statement import Stage

__all__ = ["lock_imports", "look_again"]


def lock_imports(arrivals: Arrivals, withdrawals: Sequence[IncomingWithdrawal]) -> Stage[bool]:
    """Lock all imports concerned and note in `arrivals` which are withdrawn, and what that changes.

    True if the batch withdraws one that was not: then imports that were not locked may matter, and `look_again` is
    needed once the activities are locked.
    """
    asked = {withdrawal.importing for withdrawal in withdrawals}
    named = sorted(arrivals.imports | asked)
    if not named:
        return False
    yield imports.insert_imports(named)
    # All in one statement, so that the order of locks holds where a batch has both reports and withdrawals.
    known = yield (imports.lock_imports_to_withdraw(named) if asked else imports.lock_imports(named))
    arrivals.withdrawn |= {ImportId(*row[:2]) for row in known if row[2]}
    new = asked - arrivals.withdrawn
    if not new:
        return False
    yield imports.withdraw_imports(sorted(new))
    arrivals.withdrawn |= new
    traces = {
        name: [each.traceparent for each in withdrawals if each.importing == name and each.traceparent is not None]
        for name in new
    }
    # In an order of their own: the trace to go on with is the first.
    beside = [CopyRow(*row) for row in (yield reports.read_copies_beside(sorted(new)))]
    for stored in sorted(beside, key=lambda stored: stored.copy):
        brought_by = stored.arrival.brought_by
        arrivals.add_stored(stored, traces.get(brought_by, []) if brought_by is not None else [])
    return True


def look_again(arrivals: Arrivals) -> Stage[None]:
    """Note in `arrivals` which imports are withdrawn by now.

    Two workers may withdraw two imports that brought something under one event id. They meet at its activities, and the
    later one sees here what the earlier one has committed.
    """
    arrivals.withdrawn |= {ImportId(*row) for row in (yield imports.read_withdrawn(sorted(arrivals.imports)))}
