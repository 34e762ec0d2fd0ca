"""Which transaction of an activity is which: the identities of a stated list."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from istmo_common.canonical import canonical_report
from istmo_common.events.transactions import Transaction

__all__ = ["transaction_ids"]


def transaction_ids(transactions: Sequence[Transaction]) -> list[str]:
    """The identities, within their activity, of the transactions of one list, in its order; no two are equal.

    `id:<transaction_id>` where the reporter states its own key; else `ref:<type>:<ref>` where no other of the list has
    this type and ref; else `sha:<32 hex digits of SHA-256>:<ordinal>` over all reported fields but the marking, counted
    from 1 among equals, since real references repeat and most transactions carry none.
    """
    references: defaultdict[tuple[str, str], int] = defaultdict(int)
    for transaction in transactions:
        if transaction.ref is not None:
            references[transaction.type, transaction.ref] += 1
    equals: defaultdict[str, int] = defaultdict(int)
    identities = []
    for transaction in transactions:
        if transaction.transaction_id is not None:
            identities.append(f"id:{transaction.transaction_id}")
        elif transaction.ref is not None and references[transaction.type, transaction.ref] == 1:
            identities.append(f"ref:{transaction.type}:{transaction.ref}")
        else:
            digest = _digest(transaction)
            equals[digest] += 1
            identities.append(f"sha:{digest}:{equals[digest]}")
    return identities


def _digest(transaction: Transaction) -> str:
    reported = transaction.whole(without={"marking"})
    return hashlib.sha256(canonical_report(reported)).hexdigest()[:32]
