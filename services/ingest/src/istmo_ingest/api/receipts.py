"""Receipts as a partner reads them, and the status codes that go with them."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import orjson
from fastapi import Response

from istmo_common.problems import PROBLEM_MEDIA_TYPE, FieldError, Problem, field_error
from istmo_ingest.domain.faults import Fault
from istmo_ingest.domain.receipts import Receipt, Status

__all__ = ["batch_response", "single_response"]

_RETRY_SECONDS: Final = 2
_SLUGS: Final = {
    "id_conflict": "id-conflict",
    "reporter_not_yours": "not-your-organisation",
    "type_not_yet": "not-yet-supported",
    "event_too_large": "too-large",
}
_KEPT: Final = frozenset({Status.ACCEPTED, Status.DUPLICATE})


def single_response(receipt: Receipt, language: str) -> Response:
    """202 with the receipt; anything else is a problem that has the receipt's `id` and `status` in `receipt`."""
    if receipt.status in _KEPT:
        return _response(_receipt(receipt, language), HTTPStatus.ACCEPTED)
    problem = _problem(receipt, language)
    body = problem.body(language) | {"receipt": {"id": receipt.id, "status": receipt.status.value}}
    return _problem_response(body, problem.status, language)


def batch_response(receipts: Sequence[Receipt], language: str) -> Response:
    """202 if all were accepted or are duplicates; 503 if none was published and one may be sent again; else 207."""
    told = [_receipt(receipt, language) for receipt in receipts]
    statuses = {receipt.status for receipt in receipts}
    if statuses <= _KEPT:
        return _response({"receipts": told}, HTTPStatus.ACCEPTED)
    if Status.UNKNOWN in statuses and not statuses & _KEPT:
        body = Problem("delivery-unknown").body(language) | {"receipts": told}
        return _problem_response(body, HTTPStatus.SERVICE_UNAVAILABLE, language)
    return _response({"receipts": told}, HTTPStatus.MULTI_STATUS)


def _receipt(receipt: Receipt, language: str) -> dict[str, Any]:
    body: dict[str, Any] = {"id": receipt.id, "status": receipt.status.value}
    if receipt.recorded_time is not None:
        body["recorded_time"] = receipt.recorded_time
    if receipt.transactions is not None:
        body["transactions"] = receipt.transactions
    if receipt.status not in _KEPT:
        body["problem"] = _problem(receipt, language).body(language)
    return body


def _problem(receipt: Receipt, language: str) -> Problem:
    if receipt.status is Status.UNKNOWN:
        return Problem("delivery-unknown")
    codes = {fault.code for fault in receipt.faults}
    slug = _SLUGS.get(codes.pop(), "invalid-event") if len(codes) == 1 else "invalid-event"
    return Problem(slug, errors=[_field(fault, language) for fault in receipt.faults])


def _field(fault: Fault, language: str) -> FieldError:
    return field_error(fault.pointer, fault.code, language, **fault.values)


def _response(body: Mapping[str, Any], status: HTTPStatus) -> Response:
    return Response(orjson.dumps(body), int(status), media_type="application/json")


def _problem_response(body: dict[str, Any], status: HTTPStatus, language: str) -> Response:
    headers = {"Content-Language": language}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(_RETRY_SECONDS)
    return Response(orjson.dumps(body), int(status), headers, PROBLEM_MEDIA_TYPE)
