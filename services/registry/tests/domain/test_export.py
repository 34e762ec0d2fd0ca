"""The export is the same bytes wherever it is made."""

import json
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from istmo_registry.domain.export import ExportedEntry, ExportedPair, export_lines
from istmo_registry.domain.findings import Finding
from istmo_registry.domain.handles import handle
from istmo_registry.domain.ids import ActivityId, TransactionKey
from istmo_registry.domain.ledger import Fate, Line
from istmo_registry.domain.scoring import Comparison

KEY = b"a key of thirty-two characters .."
A, B = ActivityId("X", 'a "ñ"'), ActivityId("Y", "b")


def test_lines_are_spelt_to_the_letter() -> None:
    """Two platforms with the same events export the same text, names and decimals as written."""
    line = Line(A, "id:t", "3", Decimal("5.0"), "USD", date(2026, 1, 2), "d")
    entry = ExportedEntry(line, "5.0", Fate("excluded", "equal-line", TransactionKey(B, "id:u")))
    expected = [
        (
            '{"currency":"USD","date":"2026-01-02","fate":"excluded","reason":"equal-line",'
            '"replaced_by":{"activity":"b","id":"id:u","reporter":"Y"},'
            '"transaction":{"activity":"a \\"ñ\\"","id":"id:t","ref":null,"reporter":"X"},'
            '"transaction_type":"3","type":"entry","value":"5.0"}'
        ),
        '{"kind":"older-report","other":null,"reporter":"Y","sides":[["Y","b"]],"type":"finding"}',
        (
            '{"a":{"activity":"a \\"ñ\\"","reporter":"X"},"b":{"activity":"b","reporter":"Y"},'
            '"kind":null,"score":"11.0000","type":"pair","verdict":"same"}'
        ),
        (
            f'{{"id":"{handle(KEY, A)}","members":[{{"activity":"a \\"ñ\\"","reporter":"X"}},'
            '{"activity":"b","reporter":"Y"}],"type":"programme"}'
        ),
    ]

    assert expected == export_lines(
        handle_key=KEY,
        programmes=[{B, A}],
        pairs=[ExportedPair(A, B, Comparison(Decimal(11), "same", None, ()))],
        entries=[entry],
        findings=[Finding("older-report", "Y", None, (B,))],
    )


def test_question_of_one_programme_is_answered() -> None:
    """What came together, by whatever path, is told as the same: nobody is asked about it any more."""
    pairs = [ExportedPair(A, B, Comparison(Decimal(9), "possibly-same", None, ()))]
    told = [
        json.loads(line)["verdict"]
        for programmes in ([{A, B}], [{A}, {B}])
        for line in export_lines(handle_key=KEY, programmes=programmes, pairs=pairs, entries=[], findings=[])
        if json.loads(line)["type"] == "pair"
    ]

    assert ["same", "possibly-same"] == told


def test_handle_is_a_published_promise() -> None:
    """Ids that were given out stay valid: the function that makes them never changes."""
    assert "p-f5xc5dabaxtdnxckzyf5ntjyri" == handle(KEY, A)


def test_handle_needs_the_key() -> None:
    """Who does not have the key cannot tell from an id which record is behind it."""
    assert handle(KEY, A) != handle(b"another key", A)


@given(st.lists(st.builds(ActivityId, st.text("aéÑ𝛀\uffee~", max_size=3), st.text("aé", max_size=2)), unique=True))
def test_programmes_stand_in_bytewise_order(names: list[ActivityId]) -> None:
    """Any tool that compares bytes agrees about the order, whatever the alphabet."""
    lines = export_lines(handle_key=KEY, programmes=[[name] for name in names], pairs=[], entries=[], findings=[])
    members = [json.loads(line)["members"][0] for line in lines]
    expected = sorted(names, key=lambda name: (name.reporter.encode(), name.activity.encode()))

    assert expected == [(member["reporter"], member["activity"]) for member in members]
