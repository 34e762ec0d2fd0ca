"""The data of a report read by its typed payload; every broken rule becomes a fault with its place."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from istmo_common.events.types import REPORT_TYPES, Report
from istmo_ingest.domain.faults import Fault, Refused, pointer

__all__ = ["read_payload"]

_NOT_YET: Final = frozenset({"decision.recorded", "import.withdrawn"})


def read_payload(type: str, data: Mapping[str, Any]) -> Report:
    """The typed payload of a report. Raises `Refused` with a fault for each field that breaks the contract."""
    model = REPORT_TYPES.get(type)
    if model is None:
        code = "type_not_yet" if type in _NOT_YET else "type_unknown"
        raise Refused([Fault(code, "/type", {"types": ", ".join(REPORT_TYPES)})])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    raise Refused(_fault(detail) for detail in details)


def _fault(detail: ErrorDetails) -> Fault:
    return Fault(detail["type"], pointer("data", *detail["loc"]), detail.get("ctx", {}))
