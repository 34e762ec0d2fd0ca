"""A small real HTTP receiver in a thread, on a free port of 127.0.0.1."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self

__all__ = ["Listener", "Received"]


class Received(NamedTuple):
    """One POST: its path, its headers in lower case, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes


class Listener:
    """Keeps every POST, answers 200. `with Listener() as listener: ...`."""

    def __init__(self) -> None:
        self._received: list[Received] = []
        self._changed = threading.Condition()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                listener.keep(Received(self.path, headers, body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the test looks at what was kept."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def received(self) -> list[Received]:
        """All POSTs so far."""
        with self._changed:
            return list(self._received)

    def keep(self, received: Received) -> None:
        """Keep one POST and wake whoever waits."""
        with self._changed:
            self._received.append(received)
            self._changed.notify_all()

    def wait_for(self, enough: Callable[[list[Received]], bool], timeout_seconds: float = 30) -> list[Received]:
        """All POSTs as soon as they are `enough`; raises AssertionError when time runs out first."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: enough(self._received), timeout_seconds)
            assert arrived, f"after {timeout_seconds} s only {len(self._received)} requests had come"
            return list(self._received)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
