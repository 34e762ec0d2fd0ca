"""An incompatible change of the contract is found, named by its place and rule, and told what to do instead."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from istmo_common.contract_changes import REMEDIES, Rule, changes
from istmo_common.contract_check import refusals
from istmo_common.contracts import contracts, write_schemas

CONTRACTS = Path(__file__).parents[3] / "contracts"

Schema = dict[str, Any]

_OLD: Schema = {
    "$defs": {
        "MarkingStatement": {"type": "object", "properties": {"tlp": {"enum": ["CLEAR", "RED"]}}, "required": ["tlp"]},
        "Node": {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}}},
    },
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "marking"],
    "properties": {
        "name": {"type": "string", "maxLength": 10, "pattern": "^a"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "kinds": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "default": []},
        "country": {"type": "string", "enum": ["HN"], "x-codelist": "countries"},
        "day": {"type": "string", "format": "date"},
        "marking": {"$ref": "#/$defs/MarkingStatement"},
        "node": {"$ref": "#/$defs/Node"},
    },
}


def _at(*path: str, **changed: Any) -> Callable[[Schema], None]:
    def change(schema: Schema) -> None:
        for part in path:
            schema = schema[part]
        schema.update(changed)

    return change


def _without(*path: str) -> Callable[[Schema], None]:
    def change(schema: Schema) -> None:
        for part in path[:-1]:
            schema = schema[part]
        del schema[path[-1]]

    return change


def _also(*changed: Callable[[Schema], None]) -> Callable[[Schema], None]:
    def change(schema: Schema) -> None:
        for one in changed:
            one(schema)

    return change


def _found(change: Callable[[Schema], None]) -> list[tuple[str, Rule]]:
    new = deepcopy(_OLD)
    change(new)
    return [(change.place, change.rule) for change in changes({"x": _OLD}, {"x": new})]


_TEXT: Schema = {"type": "string"}
_P = "properties"


@pytest.mark.parametrize(
    "change",
    [
        _at(_P, extra={"type": "string"}),
        _at(description="other words", title="x"),
        _at(_P, "name", description="other words"),
        _at(_P, "country", enum=["HN", "GT"]),
        _at(_P, "node", description="other words"),
        _at(_P, "note", anyOf=[{"type": "null"}, {"type": "string"}]),
    ],
)
def test_what_is_added_beside_is_compatible(change: Callable[[Schema], None]) -> None:
    """A new optional field, another description or a longer codelist holds nobody up."""
    assert [] == _found(change)


@pytest.mark.parametrize(
    ("change", "place", "rule"),
    [
        (_without(_P, "note"), "x/note", Rule.PROPERTY_REMOVED),
        (_at(required=["name", "marking", "note"]), "x/note", Rule.PROPERTY_REQUIRED),
        (_also(_at(_P, new=_TEXT), _at(required=["name", "marking", "new"])), "x/new", Rule.PROPERTY_REQUIRED),
        (_at(_P, new={"type": "array", "default": []}), "x/new", Rule.ADDED_WITH_DEFAULT),
        (_at(required=["marking"]), "x/name", Rule.PROPERTY_NOT_REQUIRED),
        (_at("$defs", "MarkingStatement", _P, until=_TEXT), "x/marking/until", Rule.MARKING_WIDENED),
        (_at(_P, "name", maxLength=9), "x/name", Rule.NARROWED),
        (_at(_P, "name", maxLength=11), "x/name", Rule.WIDENED),
        (_without(_P, "name", "maxLength"), "x/name", Rule.WIDENED),
        (_at(_P, "name", minLength=1), "x/name", Rule.NARROWED),
        (_at(_P, "name", pattern="^b"), "x/name", Rule.NARROWED),
        (_without(_P, "name", "pattern"), "x/name", Rule.WIDENED),
        (_at(_P, "name", type="integer"), "x/name", Rule.NARROWED),
        (_at(_P, "name", enum=["a"]), "x/name", Rule.NARROWED),
        (_at(_P, "day", format="date-time"), "x/day", Rule.NARROWED),
        (_without(_P, "day", "format"), "x/day", Rule.WIDENED),
        (_at(_P, "kinds", "items", enum=["a"]), "x/kinds/*=b", Rule.NARROWED),
        (_at(_P, "kinds", "items", enum=["a", "b", "c"]), "x/kinds/*=c", Rule.WIDENED),
        (_at(_P, "country", enum=[]), "x/country=HN", Rule.NARROWED),
        (_at(_P, "kinds", default=["a"]), "x/kinds", Rule.DEFAULT_CHANGED),
        (_at(_P, "note", anyOf=[_TEXT]), "x/note", Rule.NARROWED),
        (_at(_P, "note", anyOf=[_TEXT, {"type": "null"}, {"type": "integer"}]), "x/note", Rule.WIDENED),
        (_at(additionalProperties=True), "x", Rule.KEYWORD_CHANGED),
        (_at(_P, "kinds", contains=_TEXT), "x/kinds", Rule.KEYWORD_CHANGED),
        (_at("$defs", "Node", required=["next"]), "x/node/next", Rule.PROPERTY_REQUIRED),
    ],
)
def test_each_incompatible_change_is_named(change: Callable[[Schema], None], place: str, rule: Rule) -> None:
    """Whoever changes a payload is told where and by which rule it would break another's reading."""
    assert [(place, rule)] == _found(change)


def test_an_event_type_may_come_but_not_go() -> None:
    """What is in the log for ever stays readable, and what is new waits for whoever can read it."""
    assert [] == changes({"x": _OLD}, {"x": _OLD, "y": {}})
    assert [("x", Rule.TYPE_REMOVED)] == [(change.place, change.rule) for change in changes({"x": _OLD}, {})]
    assert set(Rule) == set(REMEDIES)


def test_the_contract_is_compatible_with_the_released_one() -> None:
    """No partner's system and no stored report is broken by today's payloads."""
    assert [] == refusals(CONTRACTS, contracts())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_schemas(tmp_path / "released", {"x": _OLD})
    tmp_path.joinpath("accepted.toml").touch()
    return tmp_path


def test_a_refusal_names_place_rule_and_remedy(folder: Path) -> None:
    """The message is enough to know what to do."""
    new = deepcopy(_OLD)
    _at(required=["name", "marking", "day"])(new)
    expected = (
        "x/day: property-required (it is required now). "
        "Remedy: make it optional: events without it are in the log for ever."
    )
    assert [expected] == refusals(folder, {"x": new})


def test_a_widening_can_be_accepted_and_nothing_else(folder: Path) -> None:
    """A wider list of values needs a stated reason; what breaks stored reports cannot be talked away."""
    new = deepcopy(_OLD)
    _also(_at(_P, "kinds", "items", enum=["a", "b", "c"]), _without(_P, "day"))(new)
    accepted = {"x/kinds/*=c widened": "readers first", "x/day property-removed": "nobody uses it"}
    folder.joinpath("accepted.toml").write_text("".join(f"{json.dumps(n)} = '{w}'\n" for n, w in accepted.items()))
    assert ["x/day: property-removed", "accepted.toml: 'x/day property-removed' accepts nothing"] == [
        line.partition(" (")[0].partition(" that")[0] for line in refusals(folder, {"x": new})
    ]
