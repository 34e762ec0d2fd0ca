"""Canonical JSON (RFC 8785) and what is derived from it: content hashes and Kafka keys."""

import hashlib
import json
from typing import Any, Final

import orjson
import rfc8785

__all__ = ["canonical_json", "canonical_report", "content_hash", "kafka_key", "parse_kafka_key"]

_SORTED: Final = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def canonical_json(value: Any) -> bytes:
    """The one spelling of a JSON value (RFC 8785).

    Raises `rfc8785.CanonicalizationError` for what JSON cannot carry exactly (NaN, integers beyond 2**53).
    """
    return rfc8785.dumps(value)


def canonical_report(value: Any) -> bytes:
    """`canonical_json` for what has ASCII names and no fractions, as a valid report: some eighty times as fast.

    Only then do orjson's order and spelling agree with RFC 8785. Raises TypeError for integers beyond 2**53 and for
    text that is no Unicode (lone surrogates).
    """
    return orjson.dumps(value, option=_SORTED)


def content_hash(*, type: str, source: str, subject: str | None, time: str | None, data: bytes) -> str:
    """SHA-256 (64 hex digits) over what a client stated in an event; `data` is already canonical JSON.

    Recorded time, partner and standing are not part of it: the same content sent twice hashes the same.
    """
    stated = {"source": source, "subject": subject, "time": time, "type": type}
    # "data" sorts before every other name, so the object can be put together around the given bytes.
    rest = canonical_report({name: value for name, value in stated.items() if value is not None})
    return hashlib.sha256(b'{"data":' + data + b"," + rest[1:]).hexdigest()


def kafka_key(*parts: str) -> bytes:
    """A topic key of several parts: UTF-8 of compact JSON, `["reporter","activity"]`."""
    return canonical_report(parts)


def parse_kafka_key(key: bytes) -> tuple[str, ...]:
    """The parts of a key made by `kafka_key`. Raises ValueError for anything else."""
    parts = json.loads(key)
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise ValueError("a topic key is a JSON list of texts")
    return tuple(parts)
