"""Transactions have no dependable reference in real data; their identities must hold all the same."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from istmo_common.events.transaction_ids import transaction_ids
from istmo_common.events.transactions import Transaction


def _transaction(**fields: Any) -> Transaction:
    value = {"amount": fields.pop("amount", "10"), "currency": "USD"}
    return Transaction.model_validate({"type": "3", "date": "2024-05-01", "value": value} | fields)


def test_own_key_goes_before_every_other() -> None:
    """A reporter's own transaction_id names its transaction, whatever its ref is."""
    expected = ["id:T-1", "ref:3:R"]

    assert expected == transaction_ids([_transaction(transaction_id="T-1"), _transaction(ref="R")])


def test_one_ref_for_commitment_and_disbursement_names_both() -> None:
    """A ref that a commitment shares with a disbursement is still unique for each type."""
    expected = ["ref:2:AID-1", "ref:3:AID-1"]

    assert expected == transaction_ids([_transaction(type="2", ref="AID-1"), _transaction(type="3", ref="AID-1")])


def test_repeated_ref_is_not_an_identity() -> None:
    """Transactions that all say ref="Expense" stay apart, by what they report."""
    first, second = transaction_ids([_transaction(ref="Expense"), _transaction(ref="Expense", amount="11")])

    assert first != second
    assert all(identity.startswith("sha:") and identity.endswith(":1") for identity in (first, second))


def test_equal_transactions_are_counted() -> None:
    """Two payments equal in every field are two payments."""
    first, second = transaction_ids([_transaction(), _transaction()])

    assert (first.rsplit(":", 1)[0], "1", "2") == (second.rsplit(":", 1)[0], first[-1], second[-1])


def test_a_marking_is_no_part_of_identity() -> None:
    """Restricting a payment does not make another payment of it."""
    assert transaction_ids([_transaction()]) == transaction_ids([_transaction(marking={"tlp": "RED"})])


_transactions = st.lists(
    st.builds(
        _transaction,
        type=st.sampled_from(["2", "3"]),
        ref=st.sampled_from([None, "A", "B"]),
        amount=st.sampled_from(["1", "2"]),
    ),
    max_size=8,
)


@given(_transactions)
def test_no_two_share_an_identity(listed: list[Transaction]) -> None:
    """Every transaction of a list has an identity of its own."""
    assert len(listed) == len(set(transaction_ids(listed)))


@given(_transactions.flatmap(lambda listed: st.tuples(st.just(listed), st.permutations(listed))))
def test_the_order_of_a_list_does_not_matter(lists: tuple[list[Transaction], list[Transaction]]) -> None:
    """A file that lists the same transactions in another order names the same ones."""
    stated, shuffled = lists
    assert sorted(transaction_ids(stated)) == sorted(transaction_ids(shuffled))
