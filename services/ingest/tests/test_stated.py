"""CloudEvents attributes as clients state them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istmo_ingest.domain.faults import Refused
from istmo_ingest.domain.stated import read_stated, stated_id

Make = Callable[..., dict[str, Any]]


def refusal(raw: object) -> list[tuple[str, str]]:
    """Code and place of each fault."""
    with pytest.raises(Refused) as caught:
        read_stated(raw)
    return [(fault.code, fault.pointer) for fault in caught.value.faults]


@pytest.mark.parametrize("time", ["2026-03-31T18:00:00Z", "2026-03-31T18:00:00.123-06:00", "2026-03-31T18:00:00"])
def test_times_with_and_without_zone(event: Make, time: str) -> None:
    """A system that writes no zone is understood (as UTC), and its words are kept."""
    assert read_stated(event(time=time)).time == time


@pytest.mark.parametrize(
    ("attributes", "faults"),
    [
        ({"specversion": "0.3"}, [("attribute_form", "/specversion")]),
        ({"id": ""}, [("string_too_short", "/id")]),
        ({"id": 7}, [("string_type", "/id")]),
        ({"id": "x" * 501}, [("string_too_long", "/id")]),
        ({"id": "a\nb"}, [("control_character", "/id")]),
        ({"source": "not a uri"}, [("attribute_form", "/source")]),
        ({"source": None}, [("missing", "/source")]),
        ({"time": "31/03/2026"}, [("attribute_form", "/time")]),
        ({"time": "0001-01-01T00:00:00+14:00"}, [("attribute_form", "/time")]),
        ({"datacontenttype": "text/xml"}, [("attribute_form", "/datacontenttype")]),
        ({"recordedtime": "2020-01-01T00:00:00Z"}, [("attribute_stamped", "/recordedtime")]),
        ({"partner": "us"}, [("attribute_stamped", "/partner")]),
        ({"standing": "owner"}, [("attribute_stamped", "/standing")]),
        ({"colour": "blue"}, [("attribute_unknown", "/colour")]),
        ({"data": None}, [("missing", "/data")]),
        ({"data": "text"}, [("model_type", "/data")]),
        ({"data_base64": "e30="}, [("data_not_json", "/data_base64")]),
    ],
)
def test_refusals(event: Make, attributes: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    """An attribute that cannot hold is told with its name, and what only ingest may write is refused."""
    assert faults == refusal(event(**attributes))


def test_everything_is_told_at_once() -> None:
    """A first attempt learns of all missing attributes, not of one after the other."""
    places = [place for _, place in refusal({})]

    assert places == ["/specversion", "/id", "/source", "/type", "/data"]


@pytest.mark.parametrize("raw", [None, 3, "event", ["event"]])
def test_what_is_no_object_is_no_event(raw: object) -> None:
    """A batch with a stray value in it is refused at that place."""
    assert refusal(raw) == [("model_type", "")]
    assert stated_id(raw) is None


_values = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.dictionaries(st.text(), st.none())


@given(st.dictionaries(st.sampled_from(["specversion", "id", "source", "type", "time", "data", "x"]), _values))
def test_no_attribute_is_a_surprise(raw: dict[str, Any]) -> None:
    """Whatever stands in the attributes, the answer is an event or a refusal."""
    try:
        read = read_stated(raw)
    except Refused as refused:
        faults = refused.faults
    else:
        assert read.id == raw["id"]
        return
    assert faults
