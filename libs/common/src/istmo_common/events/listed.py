"""Codes that come from a codelist."""

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from istmo_common.codelists import Codelist

__all__ = ["Listed"]


class Listed:
    """Tells the JSON Schema which codes exist.

    Ingest refuses others; the payload itself does not, since what was accepted must stay readable when a list changes.
    """

    def __init__(self, codelist: Codelist) -> None:
        self._codelist = codelist

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "enum": list(self._codelist), "x-codelist": self._codelist.id}
