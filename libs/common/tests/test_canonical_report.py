"""The quick spelling of a report is the canonical one."""

from hypothesis import given
from hypothesis import strategies as st

from istmo_common.canonical import canonical_json, canonical_report

_scalars = st.none() | st.booleans() | st.text() | st.integers(-(2**53) + 1, 2**53 - 1)
_names = st.text(st.characters(codec="ascii"))
_reports = st.recursive(_scalars, lambda inner: st.lists(inner) | st.dictionaries(_names, inner), max_leaves=20)


@given(_reports)
def test_quick_spelling_is_canonical(report: object) -> None:
    """Two partners that send one content in two spellings have sent the same."""
    assert canonical_json(report) == canonical_report(report)
