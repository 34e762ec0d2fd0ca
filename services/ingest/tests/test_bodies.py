"""Bodies are read as JSON says, and never by a guess."""

import json
from typing import Any

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from istmo_common.problems import Problem
from istmo_ingest.api.bodies import parse_json

_REQUEST = Request({"type": "http", "headers": [], "state": {}})
_NAMES = st.sampled_from(["a", "b", ":", 'x":', "\\", "é", "\x00"])


class _Pairs(list[tuple[str, Any]]):
    """The members of an object, of which two may have one name."""


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(':"\\a<é\x1f😀', max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(_NAMES, inner), max_size=3).map(_Pairs),
    max_leaves=12,
)


def _spell(value: Any, escaped: bool, space: str) -> str:
    if isinstance(value, _Pairs):
        members = [f"{json.dumps(name, ensure_ascii=escaped)}{space}:{_spell(v, escaped, space)}" for name, v in value]
        return "{" + f"{space},".join(members) + space + "}"
    if isinstance(value, list):
        return "[" + ",".join(_spell(item, escaped, space) for item in value) + "]"
    return json.dumps(value, ensure_ascii=escaped)


def _plain(value: Any) -> Any:
    if isinstance(value, _Pairs):
        return {name: _plain(member) for name, member in value}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _repeats(value: Any) -> bool:
    if isinstance(value, _Pairs):
        return len({name for name, _ in value}) < len(value) or any(_repeats(member) for _, member in value)
    return isinstance(value, list) and any(_repeats(item) for item in value)


@given(_VALUES, st.booleans(), st.sampled_from(["", " ", "\n\t"]))
def test_a_body_is_read_whole_or_refused_for_a_name_that_stands_twice(value: Any, escaped: bool, space: str) -> None:
    """However a client spells its JSON, it is taken at its word; of two members with one name none is dropped."""
    body = _spell(value, escaped, space).encode()
    if not _repeats(value):
        assert _plain(value) == parse_json(_REQUEST, body)
        return
    with pytest.raises(Problem) as refused:
        parse_json(_REQUEST, body)
    assert ["key_repeated"] == [error.code for error in refused.value.errors]


@pytest.mark.parametrize("escape", [r"\u003a", r"\u003A"])
def test_a_colon_written_as_an_escape_hides_no_repeated_name(escape: str) -> None:
    """A client that sends a name twice hears of it, whatever else its texts hold."""
    with pytest.raises(Problem):
        parse_json(_REQUEST, f'{{"a":1,"a":"{escape}"}}'.encode())


def test_what_only_the_standard_library_reads_is_read() -> None:
    """Half a character stays what it is until the contract refuses it by its place; so does deep nesting."""
    assert {"a": "\ud800"} == parse_json(_REQUEST, rb'{"a":"\ud800"}')
    assert json.loads("[" * 300 + "]" * 300) == parse_json(_REQUEST, b"[" * 300 + b"]" * 300)
