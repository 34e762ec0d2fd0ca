"""Which transactions live, between lists that come whole and payments that come one by one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from istmo_common.events.transactions import Transaction
from istmo_registry.domain.identity import EventKey
from istmo_registry.domain.transactions import (
    GoverningList,
    Source,
    TransactionVersion,
    event_identity,
    line_digest,
    living,
    states_clear,
)
from istmo_registry.domain.versions import Kind, Stamp

START = datetime(2026, 1, 1, tzinfo=UTC)


def _stamp(minute: int, *, owner: bool = True) -> Stamp:
    moment = START + timedelta(minutes=minute)
    return Stamp(owner, moment, moment, EventKey("partner", "/source", str(minute)), "hash")


def _paid(minute: int, id: str = "t", kind: Kind = "reported", *, owner: bool = True) -> TransactionVersion:
    return TransactionVersion(_stamp(minute, owner=owner), id, kind)


def _list(minute: int, *ids: str) -> GoverningList:
    return GoverningList(_stamp(minute), frozenset(ids))


def _transaction(**fields: Any) -> Transaction:
    return Transaction.model_validate(
        {"type": "3", "date": "2026-01-01", "value": {"amount": "5", "currency": "USD"}} | fields
    )


def test_payment_after_the_list_is_added_to_it() -> None:
    """Payments reported as they happen stand beside the last complete list."""
    expected = {"a": Source(_stamp(5), listed=True), "t": Source(_stamp(6), listed=False)}

    assert expected == living("standing", _list(5, "a"), [_paid(6)])


def test_payment_before_the_list_and_not_in_it_is_over() -> None:
    """A complete list ends the earlier payments that it no longer has."""
    assert {} == living("standing", _list(5), [_paid(4)])


def test_list_says_what_an_earlier_payment_is() -> None:
    """A list corrects the amount of a payment that was reported before it, also one taken back before it."""
    expected = {"t": Source(_stamp(5), listed=True)}

    assert expected == living("standing", _list(5, "t"), [_paid(4)])
    assert expected == living("standing", _list(5, "t"), [_paid(3), _paid(4, kind="withdrawn")])


def test_payment_taken_back_after_the_list_is_over() -> None:
    """Withdrawing a listed payment holds until a later list or report has it again."""
    events = [_paid(6, kind="withdrawn")]

    assert {} == living("standing", _list(5, "t"), events)
    assert {"t"} == living("standing", _list(7, "t"), events).keys()
    assert {"t"} == living("standing", _list(5, "t"), [*events, _paid(8)]).keys()


def test_custodians_payment_does_not_outrank_the_owners_list() -> None:
    """A custodian cannot add to the list that the organisation itself calls complete."""
    assert {} == living("standing", _list(5), [_paid(9, owner=False)])


def test_without_any_list_the_payments_decide() -> None:
    """A partner that never sends lists reports payment by payment, also before the activity itself."""
    events = [_paid(1, "t"), _paid(2, "u"), _paid(3, "u", "withdrawn")]

    assert {"t"} == living("standing", None, events).keys() == living("unknown", None, events).keys()


def test_nothing_lives_in_withdrawn_work() -> None:
    """Withdrawing an activity ends all its transactions, later ones too."""
    assert {} == living("withdrawn", _list(5, "a"), [_paid(9)])


_events = st.lists(
    st.builds(
        _paid,
        st.integers(0, 9).filter(lambda minute: minute != 5),
        st.sampled_from("tu"),
        st.sampled_from(["reported", "withdrawn"]),
    ),
    max_size=8,
    unique_by=lambda event: event.stamp,
)


@given(
    _events.flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))), st.sets(st.sampled_from("tuv"))
)
def test_arrival_does_not_decide(
    orders: tuple[list[TransactionVersion], list[TransactionVersion]], ids: set[str]
) -> None:
    """Payments and lists that overtake one another end in the same living transactions."""
    events, shuffled = orders
    stated = _list(5, *ids)

    assert living("standing", stated, events) == living("standing", stated, shuffled)


@given(_events, st.sets(st.sampled_from("tuv")))
def test_living_is_a_replay_in_order(events: list[TransactionVersion], ids: set[str]) -> None:
    """Reading list and payments in their order, each overwriting what was before, gives the same."""
    alive: dict[str, int] = {}
    minutes: list[tuple[int, TransactionVersion | None]] = [(int(event.stamp.key.id), event) for event in events]
    for minute, event in sorted([*minutes, (5, None)], key=lambda told: told[0]):
        if event is None:
            alive = dict.fromkeys(ids, 5)
        elif event.kind == "reported":
            alive[event.transaction_id] = minute
        else:
            alive.pop(event.transaction_id, None)

    result = living("standing", _list(5, *ids), events)

    assert alive == {identity: int(source.stamp.key.id) for identity, source in result.items()}


def test_event_names_the_same_transaction_as_a_list() -> None:
    """A payment reported by itself and listed later under its transaction_id is one."""
    assert "id:T-1" == event_identity("T-1")


def test_digest_sees_every_field_but_the_marking() -> None:
    """Two lines are equal only in every field; who may read them makes no other money of them."""
    plain = line_digest(_transaction())

    assert plain == line_digest(_transaction(marking={"tlp": "RED"}))
    assert 6 == len({plain, *(line_digest(_transaction(**fields)) for fields in _OTHER)})


_OTHER: list[dict[str, Any]] = [
    {"ref": "R"},
    {"transaction_id": "T"},
    {"description": [{"text": "x"}]},
    {"value": {"amount": "5.0", "currency": "USD"}},
    {"receiver": {"identifier": "O"}},
]


def test_own_marking_narrows() -> None:
    """A payment marked stricter than its activity is not CLEAR, whatever the activity is."""
    assert [True, True, False] == [
        states_clear(_transaction(**fields))
        for fields in ({}, {"marking": {"tlp": "CLEAR"}}, {"marking": {"tlp": "GREEN"}})
    ]
