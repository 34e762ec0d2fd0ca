"""JSON Schemas of everything that travels as an event, generated from the payloads.

`python -m istmo_common.contracts FOLDER` writes them, one file per event type and one for the envelope.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from istmo_common.events.activities import ImportWithdrawn
from istmo_common.events.alerts import AlertComposed
from istmo_common.events.clock import DayClosed
from istmo_common.events.decisions import DecisionRecorded
from istmo_common.events.organisation_merges import OrganisationMerged, OrganisationMergeUndone
from istmo_common.events.organisations import OrganisationChanged
from istmo_common.events.outcomes import FindingCleared, FindingRaised, ProgrammeChanged
from istmo_common.events.types import REPORT_TYPES
from istmo_common.events.values import Statement
from istmo_common.partners import PartnerRecord

__all__ = ["PAYLOADS", "contract_id", "contracts", "write_schemas"]

PAYLOADS: Final[Mapping[str, type[Statement]]] = MappingProxyType(
    {
        **REPORT_TYPES,
        "import.withdrawn": ImportWithdrawn,
        "decision.recorded": DecisionRecorded,
        "partner.changed": PartnerRecord,
        "organisation.changed": OrganisationChanged,
        "organisation.merged": OrganisationMerged,
        "organisation.merge-undone": OrganisationMergeUndone,
        "programme.changed": ProgrammeChanged,
        "finding.raised": FindingRaised,
        "finding.cleared": FindingCleared,
        "alert.composed": AlertComposed,
        "day.closed": DayClosed,
    }
)
"""The payload of every event type."""

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 500}
_TIME: Final = {**_TEXT, "format": "date-time"}


class _Generator(GenerateJsonSchema):
    """Leaves out titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def contract_id(name: str) -> str:
    """The `$id` of a schema. It names no host, since nothing is fetched by it."""
    return f"urn:istmo:contract:{name}:1"


def contracts() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its file without suffix: the event type, or `envelope`."""
    schemas = {name: _payload_schema(name, payload) for name, payload in PAYLOADS.items()}
    return schemas | {"envelope": _envelope_schema()}


def _payload_schema(name: str, payload: type[Statement]) -> dict[str, Any]:
    schema = payload.model_json_schema(schema_generator=_Generator)
    return {"$schema": _DIALECT, "$id": contract_id(name), **schema, "title": name}


def _envelope_schema() -> dict[str, Any]:
    return {
        "$schema": _DIALECT,
        "$id": contract_id("envelope"),
        "title": "envelope",
        "description": (
            "An event in the JSON format of CloudEvents 1.0. recordedtime, partner and standing are written by the "
            "platform: a client leaves them out."
        ),
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**_TEXT, "description": "Unique for the posting partner and source; a retry repeats it."},
            "source": {**_TEXT, "format": "uri-reference"},
            "type": {"enum": list(PAYLOADS)},
            "subject": _TEXT,
            "time": {**_TIME, "description": "When the client's record was last changed; without zone it is UTC."},
            "datacontenttype": {"type": "string", "pattern": "^application/([a-z0-9.+-]+\\+)?json"},
            "dataschema": {**_TEXT, "format": "uri"},
            "data": {"type": "object"},
            "importid": _TEXT,
            "traceparent": _TEXT,
            "tracestate": _TEXT,
            "recordedtime": _TIME,
            "partner": _TEXT,
            "standing": {"enum": ["owner", "custodian"]},
        },
        "required": ["specversion", "id", "source", "type", "data"],
        "additionalProperties": False,
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}},
                "then": {"properties": {"data": {"$ref": contract_id(name)}}},
            }
            for name in PAYLOADS
        ],
    }


def write_schemas(folder: Path, schemas: Mapping[str, Mapping[str, Any]]) -> None:
    """Write each schema as `folder/<name>.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas.items():
        text = json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        folder.joinpath(f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]), contracts())
