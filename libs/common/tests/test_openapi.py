"""What the services' OpenAPI says beyond FastAPI: problems alone, and whole examples."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from istmo_common.example_documents import document_examples
from istmo_common.problem_documents import problems
from istmo_common.problem_handlers import install_problem_handlers


class Page(BaseModel):
    """An answer with a property that is null at the end."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"pages": [{"pages": [], "next": None}], "next": None}]})

    pages: list["Page"]
    next: str | None
    note: str | None = None


def _document() -> dict[str, Any]:
    app = FastAPI()
    answers = problems("invalid-request", "unavailable")

    @app.get(
        "/any/{name}", responses={201: {"model": Page, "content": {"application/json": {"example": {"pages": []}}}}}
    )
    async def any_name(name: str) -> Page:
        raise NotImplementedError

    @app.get("/number", responses=answers)
    async def number(number: int) -> Page:
        raise NotImplementedError

    document_examples(app)
    install_problem_handlers(app)
    first, second = app.openapi(), app.openapi()
    assert first == second
    return second


def test_only_answers_that_are_given_are_promised() -> None:
    """Whoever writes a client from OpenAPI handles problems, each as it is sent, and FastAPI's own errors never."""
    document = _document()
    answers = {path: operations["get"]["responses"] for path, operations in document["paths"].items()}

    assert {"/any/{name}": ["200", "201"], "/number": ["200", "422", "503"]} == {p: list(a) for p, a in answers.items()}
    assert ["application/problem+json"] == list(answers["/number"]["422"]["content"])
    assert {"FieldErrorDocument", "Page", "ProblemDocument"} == document["components"]["schemas"].keys()
    assert ["Retry-After"] == list(answers["/number"]["503"]["headers"])


def test_an_example_of_a_problem_is_one() -> None:
    """A developer sees in the documentation where an error says what is wrong."""
    content = _document()["paths"]["/number"]["get"]["responses"]["422"]["content"]["application/problem+json"]
    example = content["examples"]["invalid-request"]["value"]

    assert ("/problems/invalid-request", 422) == (example["type"], example["status"])
    assert ["/query/limit"] == [error["pointer"] for error in example["errors"]]


def test_examples_show_what_is_null() -> None:
    """An example has every property that the answer always has, and the optional ones only if it states them."""
    document = _document()
    answer = document["paths"]["/any/{name}"]["get"]["responses"]["201"]["content"]["application/json"]

    assert [{"pages": [{"pages": [], "next": None}], "next": None}] == document["components"]["schemas"]["Page"][
        "examples"
    ]
    assert {"pages": [], "next": None} == answer["example"]
