"""What each activity is by the reports about it: its state, its living transactions, what is odd about them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from istmo_common.disclosure import Tlp
from istmo_common.events.activities import ActivityReported, ActivityWithdrawn
from istmo_common.events.transaction_ids import transaction_ids
from istmo_common.events.transactions import Transaction, TransactionReported, TransactionWithdrawn
from istmo_oracle.reports import Told
from istmo_registry.domain.ids import ActivityId

__all__ = ["Activity", "Living", "activities_of"]


@dataclass(frozen=True)
class Living:
    """A living transaction. `clear`: everybody who may read its activity's programme may read it."""

    transaction: Transaction
    clear: bool


@dataclass
class Activity:
    """An activity, or something that only transactions were reported of."""

    id: ActivityId
    reported: bool = False
    standing: ActivityReported | None = None
    newest_is_clear: bool = False
    transactions: dict[str, Living] = field(default_factory=dict)
    contradicted: bool = False
    has_older_report: bool = False

    @property
    def clear(self) -> bool:
        """Whether it stands and anyone may read it."""
        return self.standing is not None and self.newest_is_clear


def activities_of(told: Iterable[Told]) -> list[Activity]:
    """Every activity that a report is about, in order."""
    by_activity: dict[ActivityId, list[Told]] = {}
    for one in told:
        by_activity.setdefault(ActivityId(one.report.reporter, one.report.activity), []).append(one)
    return [_activity(name, sorted(about, key=lambda one: one.order)) for name, about in sorted(by_activity.items())]


def _activity(id: ActivityId, about: list[Told]) -> Activity:
    """The activity by all reports about it, the winning ones last."""
    activity = Activity(id)
    activity.contradicted = any(one.contradicted for one in about)
    payments = [one for one in about if isinstance(one.report, TransactionReported | TransactionWithdrawn)]
    versions = [one for one in about if isinstance(one.report, ActivityReported | ActivityWithdrawn)]
    activity.reported = bool(versions)
    activity.has_older_report = _tells_older(versions) or any(
        _tells_older([other for other in payments if _named(other) == _named(one)]) for one in payments
    )
    for version in versions:
        activity.standing = version.report if isinstance(version.report, ActivityReported) else None
        if activity.standing is not None:
            activity.newest_is_clear = activity.standing.marking.tlp is Tlp.CLEAR
    if activity.standing is not None or not activity.reported:
        activity.transactions = _living(versions, payments, activity.newest_is_clear)
    return activity


def _living(versions: list[Told], payments: list[Told], activity_clear: bool) -> dict[str, Living]:
    """Replay the last list and all payments in the order in which the later wins."""
    lists = [
        one for one in versions if isinstance(one.report, ActivityReported) and one.report.transactions is not None
    ]
    alive: dict[str, Living] = {}
    for one in sorted(lists[-1:] + payments, key=lambda one: one.order):
        report = one.report
        if isinstance(report, ActivityReported):
            list_clear = activity_clear and report.marking.tlp is Tlp.CLEAR
            listed = report.transactions or ()
            alive = {
                identity: Living(transaction, list_clear and _clear(transaction))
                for identity, transaction in zip(transaction_ids(listed), listed, strict=True)
            }
        elif isinstance(report, TransactionReported):
            alive[_named(one)] = Living(report.transaction, activity_clear and _clear(report.transaction))
        else:
            alive.pop(_named(one), None)
    return alive


def _clear(transaction: Transaction) -> bool:
    return transaction.marking is None or transaction.marking.tlp is Tlp.CLEAR


def _named(payment: Told) -> str:
    report = payment.report
    if isinstance(report, TransactionReported):
        return f"id:{report.transaction.transaction_id}"
    assert isinstance(report, TransactionWithdrawn)
    return f"id:{report.transaction_id}"


def _tells_older(told: list[Told]) -> bool:
    return any(late.recorded > early.recorded and late.effective < early.effective for late in told for early in told)
