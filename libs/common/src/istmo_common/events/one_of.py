"""Codes that are refused unless they are in a codelist: what is asked for, not what was reported."""

from collections.abc import Iterable
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from istmo_common.codelists import Codelist

__all__ = ["OneOf"]


class OneOf:
    """The codes of `codelist` and `besides`. A filter by any other would find nothing and not say why."""

    def __init__(self, codelist: Codelist, besides: Iterable[str] = ()) -> None:
        self._codelist = codelist
        self._codes = tuple(dict.fromkeys((*codelist, *besides)))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "enum": list(self._codes)}

    def _check(self, code: str) -> str:
        if code not in self._codes:
            raise PydanticCustomError("not_in_codelist", "no such code", {"codelist": self._codelist.id})
        return code
