"""The JSON Schemas under contracts/: what a partner's system validates against is what ingest accepts."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

from istmo_common.contracts import PAYLOADS, contracts
from istmo_common.events.types import REPORT_TYPES

FOLDER = Path(__file__).parents[3] / "contracts"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    files = [json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")]
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in files
    )
    envelope = next(schema for schema in files if schema["title"] == "envelope")
    return Draft202012Validator(envelope, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_committed_schemas_are_what_the_payloads_say() -> None:
    """A partner never validates against a schema that the platform has left behind (`make contracts` renews them)."""
    committed = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}
    assert contracts() == committed


@pytest.mark.parametrize("name", [*PAYLOADS, "envelope"])
def test_a_schema_is_valid_and_named_without_an_address(name: str) -> None:
    """Any validator takes the schema as it is, and none goes to the network for it."""
    schema = contracts()[name]
    Draft202012Validator.check_schema(schema)
    assert f"urn:istmo:contract:{name}:1" == schema["$id"]


def event(data: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/systems/payments",
        "type": "activity.reported",
        "time": "2024-05-06T07:08:09Z",
        "data": data,
    } | attributes


def activity(**fields: Any) -> dict[str, Any]:
    return {
        "reporter": "XI-TEST-A",
        "activity": "XI-TEST-A-1",
        "marking": {"tlp": "GREEN"},
        "title": [{"text": "Policía comunitaria", "language": "es"}],
        "recipient_countries": [{"code": "HN", "percentage": "100"}],
        "goals": [{"code": "4", "percentage": "50"}],
        "transactions": [
            {"type": "3", "date": "2024-05-01", "value": {"amount": "-10.50", "currency": "HNL"}, "transaction_id": "T"}
        ],
    } | fields


def test_a_report_that_keeps_the_contract_passes(validator: Draft202012Validator) -> None:
    """A system that validates before sending sends what ingest takes."""
    validator.validate(event(activity()))
    REPORT_TYPES["activity.reported"].model_validate(activity())


@pytest.mark.parametrize(
    "broken",
    [
        event(activity(marking=None)),
        event(activity(recipient_countries=[{"code": "Honduras"}])),
        event(activity(goals=[{"code": "6"}])),
        event(activity(transactions=[{"type": "99"}])),
        event(activity(note="x")),
        event(activity(dates=[{"type": "1", "date": "31/03/2024"}])),
        event({"reporter": "XI-TEST-A", "activity": "XI-TEST-A-1"}),
        event(activity(), type="activity.guessed"),
        event(activity(), color="red"),
        event({"day": "2024-01-01", "hour": 5}, type="day.closed"),
    ],
)
def test_a_report_that_breaks_the_contract_does_not(validator: Draft202012Validator, broken: dict[str, Any]) -> None:
    """A system finds its faults before it sends: wrong codes, missing markings, names that nobody knows."""
    with pytest.raises(ValidationError):
        validator.validate(broken)


@pytest.mark.parametrize(
    ("fields", "valid"),
    [
        ({"verdict": "same"}, True),
        ({"verdict": "linked", "kind": "funds"}, True),
        ({"undoes": "d-1"}, True),
        ({}, False),
        ({"verdict": "same", "undoes": "d-1"}, False),
        ({"verdict": "linked"}, False),
        ({"verdict": "same", "kind": "funds"}, False),
        ({"verdict": "same", "b": {"reporter": "XI-A", "activity": "1"}}, False),
    ],
)
def test_a_decision_says_one_thing_about_two_activities(fields: dict[str, Any], valid: bool) -> None:
    """A steward's word is a verdict on a pair or the undoing of one, never half of both."""
    pair = {"a": {"reporter": "XI-A", "activity": "1"}, "b": {"reporter": "XI-B", "activity": "1"}}
    decision = pair | {"author": "desk", "marking": {"tlp": "CLEAR"}} | fields
    if valid:
        PAYLOADS["decision.recorded"].model_validate(decision)
    else:
        with pytest.raises(ValueError, match=r"verdict|kind|pair"):
            PAYLOADS["decision.recorded"].model_validate(decision)


def test_an_organisation_is_not_merged_with_itself() -> None:
    """A slip of the steward's hand is refused instead of making a record vanish."""
    with pytest.raises(ValueError, match="itself"):
        PAYLOADS["organisation.merged"].model_validate({"kept": "o-1", "merged": "o-1", "author": "desk"})
