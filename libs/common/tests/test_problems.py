"""Problem details: every failing field named, in the partner's language, and nothing sent repeated."""

import json
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from httpx import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from istmo_common.catalogue import LANGUAGES, has_text
from istmo_common.events.types import REPORT_TYPES
from istmo_common.problem_handlers import install_problem_handlers
from istmo_common.problems import PROBLEMS, FieldError, Problem, field_error, json_pointer, validation_errors

CANARY = "canary-7f3a"


def activity(**fields: Any) -> dict[str, Any]:
    return {
        "reporter": "XI-TEST-A",
        "activity": "XI-TEST-A-1",
        "marking": {"tlp": "CLEAR"},
        "title": [{"text": "Patrullaje comunitario", "language": "es"}],
    } | fields


def faults(data: object, type: str = "activity.reported", language: str = "en", at: str = "") -> list[FieldError]:
    with pytest.raises(ValidationError) as caught:
        REPORT_TYPES[type].model_validate_json(json.dumps(data))
    return validation_errors(caught.value, language, at=at)


@pytest.mark.parametrize("slug", PROBLEMS)
def test_every_kind_of_problem_has_its_texts(slug: str) -> None:
    """Whatever goes wrong is explained in Spanish and in English."""
    assert has_text(f"problem.{slug}.title")
    for language in LANGUAGES:
        body = Problem(slug, most=500).body(language, "/v1/events")
        assert {"type", "title", "status", "detail", "instance"} == set(body)
        assert f"/problems/{slug}" == body["type"]
        assert int(PROBLEMS[slug]) == body["status"]


def test_every_failing_field_is_named_with_its_place() -> None:
    """A clerk corrects all faults at once, since each is named, not only the first."""
    data = activity(
        title=[],
        dates=[{"type": "1", "date": "2024-02-31"}],
        budgets=[{"period_start": "2024-01-01", "period_end": "2024-12-31", "value": {"amount": 5}}],
        note="x",
    )
    del data["marking"]
    expected = {
        ("/data/marking", "missing"),
        ("/data/title", "too_short"),
        ("/data/dates/0/date", "date_from_datetime_parsing"),
        ("/data/budgets/0/value/amount", "amount_as_number"),
        ("/data/budgets/0/value/currency", "missing"),
        ("/data/note", "extra_forbidden"),
    }
    assert expected == {(fault.pointer, fault.code) for fault in faults(data, at="/data")}


def test_a_fault_is_told_in_the_partners_language() -> None:
    """A Spanish-speaking clerk reads in Spanish what is wrong and what would be right."""
    data = activity()
    del data["marking"]
    assert [
        FieldError(
            pointer="/marking",
            code="missing",
            detail="Falta la marca que dice quién puede leer.",
            remedy='Indíquela, por ejemplo {"tlp": "CLEAR"}; nunca se supone.',
        )
    ] == faults(data, language="es")


def test_allowed_values_are_listed_without_a_word_of_another_language() -> None:
    """The markings to choose from are the same list in both languages."""
    for language, verb in (("es", "Use uno de estos:"), ("en", "Use one of these:")):
        fault = faults(activity(marking={"tlp": "WHITE"}), language=language)[0]
        assert f"{verb} CLEAR, GREEN, AMBER, AMBER+STRICT, RED." == fault.remedy


def test_two_transactions_of_one_key_are_named_by_their_places() -> None:
    """A system that numbers two payments alike is told which two."""
    paid = {"type": "3", "date": "2024-05-01", "value": {"amount": "10", "currency": "USD"}, "transaction_id": "T"}
    fault = faults(activity(transactions=[paid, paid | {"transaction_id": "U"}, paid]))[0]
    assert "/transactions" == fault.pointer
    assert "compare /transactions/0 with /transactions/2." in fault.remedy


@pytest.mark.parametrize(
    "broken",
    [
        {"title": [{"text": CANARY * 5000}]},
        {"dates": [{"type": "1", "date": CANARY}]},
        {"status": CANARY * 20},
        {"hierarchy": {CANARY: 1}},
        {"recipient_countries": [{"code": "HN", "percentage": CANARY}]},
        {"reporter": f" {CANARY}"},
        {"title": [{"text": "x", "language": f"{CANARY}!"}]},
        {"locations": [{"point": {"latitude": "91", "longitude": CANARY}}]},
        {"marking": {"tlp": CANARY}},
        {"secondary_reporter": CANARY},
        {"title": [{"text": f"{CANARY}\x00"}]},
    ],
)
def test_no_fault_repeats_what_was_sent(broken: dict[str, Any]) -> None:
    """A restricted report that is refused does not end up in an answer, and from there in somebody's log."""
    for language in LANGUAGES:
        assert CANARY not in repr(faults(activity(**broken), language=language))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    type=st.sampled_from(sorted(REPORT_TYPES)),
    data=st.dictionaries(
        st.sampled_from(["reporter", "activity", "marking", "title", "transaction", "transactions", "dates", "goals"]),
        json_values,
    ),
)
def test_every_fault_of_the_contract_has_a_text_of_its_own(type: str, data: dict[str, Any]) -> None:
    """Nobody is told merely that "the value is not valid"."""
    found: list[FieldError] = []
    try:
        REPORT_TYPES[type].model_validate_json(json.dumps(data))
    except ValidationError as error:
        found = validation_errors(error, "en")
    assert [] == [fault.code for fault in found if not has_text(f"field.{fault.code}.detail")]


def test_an_unforeseen_fault_still_has_a_text() -> None:
    """A fault that nobody foresaw is told in general words instead of breaking the answer."""
    assert "El valor no es válido." == field_error("/data/x", "never_heard_of", "es", input=CANARY).detail


def test_a_pointer_keeps_names_with_slashes_apart() -> None:
    """A field named `a/b` is not taken for a place two levels down."""
    assert "/data/a~1b/~0/3" == json_pointer(["data", "a/b", "~", 3])


class Query(BaseModel):
    """A body for the routes below."""

    year: int


def application() -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app)

    @app.post("/typed")
    async def typed(query: Query) -> int:
        return query.year

    @app.get("/away")
    async def away() -> None:
        raise Problem("unavailable", retry_after_seconds=1.2)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError(CANARY)

    @app.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(418, CANARY)

    return app


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/typed", 405, "method-not-allowed"),
        ("POST", "/typed", 422, "invalid-request"),
        ("GET", "/away", 503, "unavailable"),
        ("GET", "/broken", 500, "internal"),
        ("GET", "/teapot", 400, "bad-request"),
    ],
)
async def test_every_way_out_is_a_problem(method: str, path: str, status: int, slug: str) -> None:
    """Whatever goes wrong, a client reads one form of answer, in its language, without what it sent."""
    transport = ASGITransport(application(), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://istmo") as client:
        content = json.dumps({"year": CANARY}) if method == "POST" else None
        answer = await client.request(method, path, content=content, headers={"Accept-Language": "es"})
    assert (status, "application/problem+json", "es") == (
        answer.status_code,
        answer.headers["content-type"],
        answer.headers["content-language"],
    )
    assert Problem(slug).body("es").items() <= answer.json().items()
    assert CANARY not in answer.text


async def test_a_client_is_told_how_long_to_wait() -> None:
    """While the log is away a sender knows when to come back, in whole seconds."""
    async with AsyncClient(transport=ASGITransport(application()), base_url="http://istmo") as client:
        answer = await client.get("/away")
    assert "2" == answer.headers["retry-after"]
