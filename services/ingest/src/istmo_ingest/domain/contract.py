"""The data of an event read by its typed payload; every broken rule becomes a fault with its place."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from istmo_common.events.activities import ImportWithdrawn
from istmo_common.events.types import IMPORT_WITHDRAWN, REPORT_TYPES, Report
from istmo_common.events.values import Statement
from istmo_ingest.domain.faults import Fault, Refused, pointer

__all__ = ["read_import_withdrawal", "read_payload"]

_NOT_YET: Final = frozenset({"decision.recorded"})

P = TypeVar("P", bound=Statement)


def read_payload(type: str, data: Mapping[str, Any]) -> Report:
    """The typed payload of a report. Raises `Refused` with a fault for each field that breaks the contract."""
    model = REPORT_TYPES.get(type)
    if model is None:
        code = "type_not_yet" if type in _NOT_YET else "type_unknown"
        raise Refused([Fault(code, "/type", {"types": ", ".join((*REPORT_TYPES, IMPORT_WITHDRAWN))})])
    return _read(model, data)


def read_import_withdrawal(data: Mapping[str, Any]) -> ImportWithdrawn:
    """The typed payload of an `import.withdrawn`. Raises `Refused` as `read_payload` does."""
    return _read(ImportWithdrawn, data)


def _read(model: type[P], data: Mapping[str, Any]) -> P:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    raise Refused(_fault(detail) for detail in details)


def _fault(detail: ErrorDetails) -> Fault:
    return Fault(detail["type"], pointer("data", *detail["loc"]), detail.get("ctx", {}))
