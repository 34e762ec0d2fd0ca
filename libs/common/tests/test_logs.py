"""What is logged: one JSON object a line, that operations can read and that quotes no report."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator

import pydantic
import pytest
import structlog

from istmo_common.disclosure import CLEAR, DisclosureError, Marked
from istmo_common.errors import InvalidEvent
from istmo_common.logs import configure_logging

Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """The records written so far."""
    root, stream = logging.getLogger(), io.StringIO()
    level = root.level
    monkeypatch.setattr(root, "handlers", [])
    configure_logging("test", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.setLevel(level)
    structlog.reset_defaults()


class _Report(pydantic.BaseModel):
    amount: int


def test_a_record_is_one_line_with_its_fields(logged: Lines) -> None:
    """Operations can filter by field: every record is one JSON object, those of libraries too."""
    structlog.get_logger("a").info("the broker is back", topic="activities", título="ñ")
    logging.getLogger("b").warning("said by %s", "a library")

    first, second = logged()
    assert ("the broker is back", "activities", "ñ", "info", "test") == (
        first["event"],
        first["topic"],
        first["título"],
        first["level"],
        first["service"],
    )
    assert ("said by a library", "warning", "b") == (second["event"], second["level"], second["logger"])


def test_an_exception_is_logged_without_its_text(logged: Lines) -> None:
    """An error that quotes what was posted is named by its type and place; our own errors say their reason."""
    try:
        _Report.model_validate({"amount": "canary-7391"})
    except pydantic.ValidationError:
        structlog.get_logger("a").exception("it failed")
        logging.getLogger("b").exception("it failed there too")
    try:
        raise InvalidEvent("the header ce_id is missing")
    except InvalidEvent:
        structlog.get_logger("a").exception("passed over")

    records = logged()
    described = [record["exception"] for record in records]
    assert "canary" not in json.dumps(records)
    assert all(isinstance(exception, dict) and "test_logs.py" in str(exception["frames"]) for exception in described)
    assert ["ValidationError", "ValidationError", "InvalidEvent"] == [
        str(exception["type"]).rpartition(".")[2] for exception in described if isinstance(exception, dict)
    ]
    assert "the header ce_id is missing" in json.dumps(described[2])


def test_a_marked_value_is_not_logged(logged: Lines) -> None:
    """A value with a marking stops the call that logs it, wherever it hides."""
    for careless in ({"title": Marked("canary-7391", CLEAR)}, {"titles": [{"es": Marked("canary-7391", CLEAR)}]}):
        with pytest.raises(DisclosureError):
            structlog.get_logger("a").info("read", **careless)
    assert [] == logged()


def test_an_unknown_object_is_named_not_written_down(logged: Lines) -> None:
    """An object that nobody thought of shows its type, never what it holds."""
    structlog.get_logger("a").info("read", report=_Report(amount=7391))
    assert "<_Report>" == logged()[0]["report"]


def test_a_record_that_cannot_be_written_is_not_written_down_either(logged: Lines) -> None:
    """A mistake in a log call costs that record, and does not show its arguments instead."""
    logger = logging.Logger("b")
    logger.addHandler(logging.getLogger().handlers[0])
    logger.warning("%d reports", "canary-7391")
    assert [{"event": "a log record could not be written", "logger": "b", "error": "TypeError"}] == logged()


async def _fail() -> None:
    raise ValueError("canary-7391")


def test_a_forgotten_task_is_logged_without_what_it_quoted(logged: Lines) -> None:
    """Python's own message about a task that failed unseen does not carry the error's text either."""

    async def forget() -> None:
        task = asyncio.get_running_loop().create_task(_fail())
        await asyncio.sleep(0.01)
        del task

    asyncio.run(forget())
    records = logged()
    assert ["Task exception was never retrieved"] == [record["event"] for record in records]
    assert "canary" not in json.dumps(records)
    assert sys.exc_info() == (None, None, None)
