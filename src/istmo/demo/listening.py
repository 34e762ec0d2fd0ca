"""The demo's two subscribers: a small receiver of signed webhooks, and a reader of the public stream."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

__all__ = ["PublicStream", "Receiver"]

_BODY_LIMIT = 1_048_576
_SILENCE_SECONDS = 60.0


class Receiver:
    """Takes webhooks on `{url}/{partner}`, each verified with the partner's secret, and hands on what was delivered."""

    def __init__(self, deliver: Callable[[str, dict[str, Any]], None]) -> None:
        self.secrets: dict[str, str] = {}
        self._deliver = deliver
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Listen as long as the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def take(self, partner: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status to answer a webhook with: 204, or 401 for one that is not signed as it should be."""
        secret = self.secrets.get(partner)
        if secret is None:
            return 401
        try:
            Webhook(secret).verify(body, dict(headers))
        except WebhookVerificationError:
            return 401
        self._deliver(partner, json.loads(body))
        return 204

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Take one webhook."""
                body = self.rfile.read(min(int(self.headers.get("content-length") or 0), _BODY_LIMIT))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(receiver.take(self.path.removeprefix("/"), body, headers))
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: what was delivered is shown."""

        return Handler


class PublicStream:
    """Reads the public feed as server-sent events, and keeps the numbers that it was told."""

    def __init__(self, notify: str) -> None:
        self.numbers: list[int] = []
        self.heard_up_to: int | None = None
        """The number that the last heartbeat told: nothing up to it is missing that was not told."""
        self._url = f"{notify}/v1/feed"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Read as long as the block runs."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()

    @property
    def without_gap(self) -> bool:
        """Whether every number from the first to the last was told once."""
        return self.numbers == list(range(self.numbers[0], self.numbers[-1] + 1)) if self.numbers else True

    def _read(self) -> None:
        headers = {"Accept": "text/event-stream"}
        event: dict[str, str] = {}
        # Between two heartbeats nothing need come.
        with httpx.stream("GET", self._url, headers=headers, timeout=_SILENCE_SECONDS, trust_env=False) as answer:
            for line in answer.iter_lines():
                if self._stop.is_set():
                    return
                if line:
                    name, _, value = line.partition(":")
                    event[name] = value.strip()
                elif event:
                    self._hear(event)
                    event = {}

    def _hear(self, event: Mapping[str, str]) -> None:
        number = int(event["id"].rpartition("-")[2])
        if event["event"] == "heartbeat":
            self.heard_up_to = number
        else:
            self.numbers.append(number)
