"""Request bodies, read once, with a limit, and parsed without a guess."""

import json
from typing import Any, Final, NoReturn

import orjson
from fastapi import Request
from starlette.requests import ClientDisconnect

from istmo_common.access import language_of_request
from istmo_common.problems import Problem, field_error

__all__ = ["parse_json", "read_body"]

_DRAINED_BYTES: Final = 32 * 1024 * 1024
"""So much of a body that is too large is still taken in: whoever is sending it then gets to read the answer."""


async def read_body(request: Request, most_bytes: int) -> bytes:
    """The whole body. Raises the problem `too-large` above `most_bytes`, stated beforehand or not."""
    chunks: list[bytes] = []
    received = 0
    more = True
    while more and received <= max(most_bytes, _DRAINED_BYTES):
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        received += len(chunk)
        if received <= most_bytes:
            chunks.append(chunk)
        more = message.get("more_body", False)
    if received > most_bytes:
        raise Problem("too-large")
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class _KeyRepeated(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _KeyRepeated
    return value


def _no_constant(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


def parse_json(request: Request, body: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises the problem `not-json`, also where a name stands twice in an object."""
    try:
        value = orjson.loads(body)
        if _names_are_unique(value, body):
            return value
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        # It reads less than the standard library (lone surrogates, deep nesting), which has the last word.
        pass
    try:
        return _DECODER.decode(body.decode())
    except _KeyRepeated:
        raise Problem("not-json", errors=[field_error("", "key_repeated", language_of_request(request))]) from None
    except (ValueError, RecursionError):
        raise Problem("not-json") from None


def _names_are_unique(value: Any, body: bytes) -> bool:
    """Whether no object of `body`, read as `value`, has a name twice; False also where that is not certain.

    Of a name that stands twice the last member alone is in `value`, which then has fewer colons. Colons within texts
    are in both, unless one is written as an escape.
    """
    return b"\\u003" not in body and orjson.dumps(value).count(b":") == body.count(b":")
