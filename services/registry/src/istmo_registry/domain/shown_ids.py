"""Identities of transactions as a reader may be shown them.

The identity of a listed transaction depends on its whole list: a reference is one only where it is unique, and equals
are counted. So a transaction that a reader may not see could change the identity of one that it may. What is shown is
the identity that the list would give if it had only what the reader may see.
"""

from collections.abc import Mapping, Sequence

from istmo_common.events.transaction_ids import transaction_ids
from istmo_common.events.transactions import Transaction

__all__ = ["shown_ids"]


def shown_ids(transactions: Sequence[Transaction], seen: Sequence[bool]) -> Mapping[str, str]:
    """Of a stated list: by the identity of each transaction that is `seen`, the identity to show."""
    whole = transaction_ids(transactions)
    visible = [place for place, is_seen in enumerate(seen) if is_seen]
    shown = transaction_ids([transactions[place] for place in visible])
    return {whole[place]: identity for place, identity in zip(visible, shown, strict=True)}
