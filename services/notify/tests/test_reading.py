"""What of a list may still be read."""

import json
from datetime import UTC, datetime

import pytest

from istmo_common.disclosure import CLEAR, PUBLIC, Custody, Label, Marking, Reader, Tlp
from istmo_notify.domain.alerts import AlertState
from istmo_notify.domain.reading import Entry, Sight, may_read
from istmo_notify.domain.views import Item

RED = Label.of(Marking(Tlp.RED, "XA"))
OWN = Reader(partner="pa", custody=Custody(owned=frozenset({"XA"})))
PROGRAMME = Item("programme.changed", "p-1", b"{}", frozenset({"a1", "a2"}))
ALERT = Item("alert.raised", "a-1", b"{}", frozenset({"a1", "b1"}))


def sight(labels: dict[str, list[Label]], state: AlertState | None = None) -> Sight:
    return Sight(labels, {} if state is None else {"a-1": state})


@pytest.mark.parametrize(
    ("labels", "reader", "readable"),
    [
        ({"a1": [CLEAR], "a2": [CLEAR]}, PUBLIC, True),
        ({"a1": [CLEAR], "a2": [RED]}, PUBLIC, False),
        ({"a1": [CLEAR], "a2": [RED]}, OWN, True),
        ({"a1": [CLEAR], "a2": [RED, CLEAR]}, PUBLIC, True),
        ({"a1": [CLEAR]}, PUBLIC, False),
    ],
)
def test_a_programme_is_read_while_all_it_speaks_of_is_seen(
    labels: dict[str, list[Label]], reader: Reader, readable: bool
) -> None:
    """What was told of a record that was restricted or withdrawn since is not read again by those who lost it."""
    assert readable == may_read(PROGRAMME, sight(labels), reader)


@pytest.mark.parametrize(
    ("labels", "state", "readable"),
    [
        ({}, "raised", True),
        ({"a1": [CLEAR], "b1": [CLEAR]}, "updated", True),
        ({"a1": [CLEAR], "b1": [RED]}, "raised", False),
        ({"a1": [CLEAR], "b1": [CLEAR]}, "cleared", True),
        ({"a1": [CLEAR], "b1": [RED]}, "cleared", False),
        ({"a1": [CLEAR]}, "cleared", False),
    ],
)
def test_an_alert_is_read_while_it_stands_or_all_it_speaks_of_is_seen(
    labels: dict[str, list[Label]], state: AlertState, readable: bool
) -> None:
    """An alert may be ahead of the programmes it is about, but never outlives the right to read of them."""
    assert readable == may_read(ALERT, sight(labels, state), PUBLIC)


@pytest.mark.parametrize("item", [Item("programme.gone", "p-1", b"{}"), Item("alert.cleared", "a-1", b"{}")])
def test_what_says_nothing_of_records_is_always_read(item: Item) -> None:
    """That something is gone is told for ever: it is the reader's proof that nothing was lost."""
    assert may_read(item, sight({}), PUBLIC)


def test_an_entry_is_one_json_object_on_every_channel() -> None:
    """A receiver reads place, time, type and data of an item from one object."""
    told = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
    entry = Entry("v-1", 1, 7, "programme.gone", b'{"id":"p-1"}', told)
    assert {
        "data": {"id": "p-1"},
        "epoch": 1,
        "number": 7,
        "timestamp": "2026-03-31T12:00:00.000000Z",
        "type": "programme.gone",
        "view": "v-1",
    } == json.loads(entry.body())


def test_a_withheld_entry_is_its_number_alone() -> None:
    """A number that may no longer be read proves that there is no gap, and tells nothing else."""
    entry = Entry("v-1", 1, 7, traceparent="00-aa-bb-01")
    assert {"epoch": 1, "number": 7, "view": "v-1", "withheld": True} == json.loads(entry.body())
