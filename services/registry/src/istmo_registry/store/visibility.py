"""Who may see a row: its label, and the same as a condition in SQL.

The condition only keeps pages full. What leaves is decided by the label, in `istmo_common.disclosure.disclose`.
"""

from typing import Any

from istmo_common.disclosure import CLEAR, Label, Marking, Reader, Tlp

__all__ = ["admits", "label_of", "reader_params"]


def label_of(clear: bool | None, reporter: str) -> Label:
    """The label of what `reporter` reported: anyone's if it is clear, else (also where nothing was said) its own."""
    return CLEAR if clear else Label.of(Marking(Tlp.RED, reporter))


def admits(clear: str, reporter: str) -> str:
    """The condition, on two SQL expressions, that `label_of` admits the reader of `reader_params`."""
    return (
        f"(({clear}) IS TRUE OR {reporter} = ANY(%(reader_own)s::text[])"
        f" OR (%(reader_unclaimed)s AND {reporter} <> ALL(%(reader_claimed)s::text[])))"
    )


def reader_params(reader: Reader) -> dict[str, Any]:
    """The parameters of `admits`."""
    custody = reader.custody
    return {
        "reader_own": sorted(custody.owned | custody.custodian_of),
        "reader_unclaimed": custody.claimed_by_anyone is not None,
        "reader_claimed": sorted(custody.claimed_by_anyone or ()),
    }
