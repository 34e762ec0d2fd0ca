"""Request bodies, read once, with a limit, and parsed without a guess."""

import json
from typing import Any, Final, NoReturn

from fastapi import Request

from istmo_common.access import language_of_request
from istmo_common.problems import Problem, field_error

__all__ = ["parse_json", "read_body"]

_DRAINED_BYTES: Final = 32 * 1024 * 1024
"""So much of a body that is too large is still taken in: whoever is sending it then gets to read the answer."""


async def read_body(request: Request, most_bytes: int) -> bytes:
    """The whole body. Raises the problem `too-large` above `most_bytes`, stated beforehand or not."""
    body = bytearray()
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received <= most_bytes:
            body += chunk
        elif received > _DRAINED_BYTES:
            break
    if received > most_bytes:
        raise Problem("too-large")
    return bytes(body)


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
        return _DECODER.decode(body.decode())
    except _KeyRepeated:
        raise Problem("not-json", errors=[field_error("", "key_repeated", language_of_request(request))]) from None
    except (ValueError, RecursionError):
        raise Problem("not-json") from None
