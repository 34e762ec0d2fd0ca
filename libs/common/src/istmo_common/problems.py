"""Problem details (RFC 9457): every answer that is not a success says what is wrong, where, and what would be right.

What was sent is never repeated in an answer: pointers name the places, texts come from the message catalogue.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from istmo_common.catalogue import has_text, text
from istmo_common.errors import IstmoError

__all__ = [
    "PROBLEMS",
    "PROBLEM_MEDIA_TYPE",
    "FieldError",
    "Problem",
    "field_error",
    "field_errors",
    "json_pointer",
    "validation_errors",
]

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"

PROBLEMS: Final[Mapping[str, HTTPStatus]] = MappingProxyType(
    {
        "bad-request": HTTPStatus.BAD_REQUEST,
        "not-json": HTTPStatus.BAD_REQUEST,
        "unauthenticated": HTTPStatus.UNAUTHORIZED,
        "forbidden": HTTPStatus.FORBIDDEN,
        "not-your-organisation": HTTPStatus.FORBIDDEN,
        "not-found": HTTPStatus.NOT_FOUND,
        "method-not-allowed": HTTPStatus.METHOD_NOT_ALLOWED,
        "conflict": HTTPStatus.CONFLICT,
        "epoch-closed": HTTPStatus.CONFLICT,
        "id-conflict": HTTPStatus.CONFLICT,
        "too-many-subscriptions": HTTPStatus.CONFLICT,
        "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-many-events": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "unsupported-media-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "invalid-event": HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-request": HTTPStatus.UNPROCESSABLE_ENTITY,
        "not-yet-supported": HTTPStatus.UNPROCESSABLE_ENTITY,
        "too-many-requests": HTTPStatus.TOO_MANY_REQUESTS,
        "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
        "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
        "delivery-unknown": HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
"""Every kind of problem, by its slug, with its HTTP status. The type URI of each is `/problems/<slug>`."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One place that is wrong: a JSON pointer (RFC 6901) into what was sent, a stable code, and two sentences."""

    pointer: str
    code: str
    detail: str
    remedy: str


class Problem(IstmoError):
    """An answer that is not a success. `values` fill the placeholders of the problem's texts."""

    def __init__(
        self,
        slug: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after_seconds: float | None = None,
        **values: str | int,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.status = PROBLEMS[slug]
        self.errors = tuple(errors)
        self.retry_after_seconds = retry_after_seconds
        self.values = values

    def body(self, language: str, instance: str | None = None) -> dict[str, Any]:
        """The members of the problem: type, title, status, detail, and instance and errors where there are any."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.slug}",
            "title": text(f"problem.{self.slug}.title", language),
            "status": int(self.status),
            "detail": text(f"problem.{self.slug}.detail", language, **self.values),
        }
        if instance is not None:
            body["instance"] = instance
        if self.errors:
            body["errors"] = [asdict(error) for error in self.errors]
        return body


def json_pointer(parts: Iterable[str | int]) -> str:
    """The JSON pointer of a place: `("transactions", 2, "value")` is `/transactions/2/value`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def validation_errors(error: ValidationError, language: str, *, at: str = "") -> list[FieldError]:
    """Every failing field of a payload, in the order of the payload; `at` is the pointer of the payload itself."""
    return field_errors(error.errors(include_url=False, include_input=False), language, at=at)


def field_errors(errors: Iterable[ErrorDetails], language: str, *, at: str = "") -> list[FieldError]:
    """The same for pydantic's error details, as FastAPI hands them out."""
    found = [
        field_error(at + json_pointer(error["loc"]), error["type"], language, **_context(error)) for error in errors
    ]
    return list(dict.fromkeys(found))


def place_in(value: Any, parts: Iterable[str | int], *, missing: bool) -> tuple[str | int, ...]:
    """Those of `parts` that lead somewhere in `value`: pydantic names the alternative of a union beside them.

    Where something is `missing`, the last part names it.
    """
    *inner, last = parts
    place: list[str | int] = []
    for part in inner if missing else (*inner, last):
        # A name is looked up in an object, a number in a list; anything else names an alternative.
        if isinstance(value, Mapping if isinstance(part, str) else list):
            try:
                value = value[part]  # type: ignore[index] # the kinds of both were just compared
            except LookupError:
                continue
            place.append(part)
    return (*place, last) if missing else tuple(place)


def _context(error: ErrorDetails) -> dict[str, Any]:
    context = dict(error.get("ctx", {}))
    if "expected" in context:  # pydantic words it in English: 'CLEAR', 'GREEN' or 'RED'
        context["expected"] = ", ".join(re.findall(r"'([^']*)'", str(context["expected"])))
    return context


def field_error(pointer: str, code: str, language: str, /, **values: object) -> FieldError:
    """One failing field. A text of its own for the field's name goes before the code's, the code's before the general.

    `values` fill placeholders; those that the texts do not name are dropped, so that they repeat nothing by accident.
    """
    name = pointer.rpartition("/")[2]
    keys = (f"field.{code}.{name}", f"field.{code}", "field.invalid")
    key = next(key for key in keys if has_text(f"{key}.detail"))
    return FieldError(
        pointer=pointer,
        code=code,
        detail=text(f"{key}.detail", language, **values),
        remedy=text(f"{key}.remedy", language, **values),
    )
