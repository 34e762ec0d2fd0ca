"""Starts a process of the platform that dies at a named point when it is told to: `PACKAGE ROLE` as arguments.

The program is the one that runs everywhere. Around a few of its steps stands a look into the folder that
`ISTMO_FAULTS_POINTS` names: whoever finds a file there that is called like the point takes it away and ends itself by
SIGKILL. Only one of several workers does.
"""

import os
import runpy
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg

from istmo_common.kafka.producer import LogProducer

__all__ = ["FOLDER", "POINTS"]

FOLDER: Final = "ISTMO_FAULTS_POINTS"

Step = Callable[..., Awaitable[Any]]

_LEAST_STATEMENTS: Final = 4
"""A transaction of fewer did nothing but find that there is nothing to claim."""


def _die_here(point: str) -> None:
    try:
        Path(os.environ[FOLDER], point).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _around(owner: Any, name: str, *, before: str | None = None, after: str | None = None) -> None:
    """Points around a step that is given something to do."""
    step: Step = getattr(owner, name)

    async def watched(*arguments: Any, **named: Any) -> Any:
        if before is not None:
            _die_here(before)
        done = await step(*arguments, **named)
        if after is not None:
            _die_here(after)
        return done

    setattr(owner, name, watched)


def _around_sending(before: str | None, after: str) -> None:
    """Points around the publishing of something."""
    step: Step = LogProducer.send_many

    async def watched(producer: LogProducer, outgoing: Any) -> Any:
        if outgoing and before is not None:
            _die_here(before)
        outcomes = await step(producer, outgoing)
        if outgoing:
            _die_here(after)
        return outcomes

    setattr(LogProducer, "send_many", watched)  # noqa: B010 - mypy takes no assignment to a method


def _around_commits(role: str) -> None:
    """Points around the commit of a transaction that did something."""
    step: Step = psycopg.AsyncConnection.execute
    statements: dict[int, int] = {}

    async def watched(connection: Any, query: Any, *arguments: Any, **named: Any) -> Any:
        text = query if isinstance(query, bytes) else str(query).encode()
        statements[id(connection)] = 0 if text.startswith(b"BEGIN") else statements.get(id(connection), 0) + 1
        commits = text == b"COMMIT" and statements[id(connection)] >= _LEAST_STATEMENTS
        if commits:
            _die_here(f"{role}.before-commit")
        done = await step(connection, query, *arguments, **named)
        if commits:
            _die_here(f"{role}.after-commit")
        return done

    setattr(psycopg.AsyncConnection, "execute", watched)  # noqa: B010 - mypy takes no assignment to a method


def _ingest() -> None:
    from istmo_ingest.posting import Posting  # noqa: PLC0415 - only this process has it

    _around_sending("ingest.reserved", "ingest.published")
    _around(Posting, "_publish", after="ingest.acknowledged")


def _notify() -> None:
    from istmo_notify import main  # noqa: PLC0415 - only this process has it
    from istmo_notify.channels.webhook import WebhookSender  # noqa: PLC0415
    from istmo_notify.store import outbox  # noqa: PLC0415

    _around(outbox, "post", after="intake.before-commit")
    _around(main, "take_in", after="intake.after-commit")
    _around(WebhookSender, "send", after="delivery.requested")
    _around_sending(None, "alerts.sent")


_STAGES: Final = ("fold", "match", "resolve")
_ARMED: Final[dict[tuple[str, str], Callable[[], None]]] = {
    ("istmo_ingest", "api"): _ingest,
    ("istmo_registry", "relay"): lambda: _around_sending(None, "relay.sent"),
    ("istmo_notify", "worker"): _notify,
    **{("istmo_registry", role): partial(_around_commits, role) for role in _STAGES},
}

POINTS: Final = (
    *("ingest.reserved", "ingest.published", "ingest.acknowledged"),
    *(f"{role}.{place}-commit" for role in _STAGES for place in ("before", "after")),
    "relay.sent",
    *("intake.before-commit", "intake.after-commit", "delivery.requested", "alerts.sent"),
)
"""Where a process can be made to die."""


def main(package: str, role: str) -> None:
    """Run the program until it ends."""
    arm = _ARMED.get((package, role))
    if arm is not None:
        arm()
    sys.argv = [package, role]
    runpy.run_module(package, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
