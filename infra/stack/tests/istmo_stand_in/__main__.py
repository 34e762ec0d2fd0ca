"""`python -m istmo_stand_in <role>`: a process of the platform with nothing in it but its manners."""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Api(BaseHTTPRequestHandler):
    """Ready at once; takes partners, whose key it makes from their id and the hash of the operator's key."""

    def do_GET(self) -> None:
        """Ready, and at rest."""
        self._answer(200, {"partitions": [], "dirty": 0, "work": 0, "outbox": 0, "parked": [], "retrying": []})

    def do_POST(self) -> None:
        """A partner and its key."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self._answer(201, {"key": f"istmo_{body['id']}_{os.environ['ISTMO_ADMIN_KEY_SHA256'][:8]}"})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: D102
        return

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


def main(role: str) -> int:
    """Run until SIGTERM; `broken` ends at once."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=stopped.set).start())
    sys.stdout.write(json.dumps(sorted(name for name in os.environ if name.startswith("ISTMO_"))) + "\n")
    sys.stdout.flush()
    if role == "broken":
        sys.stderr.write("out of order\n")
        return 1
    if role == "api":
        server = ThreadingHTTPServer((os.environ["ISTMO_HOST"], int(os.environ["ISTMO_PORT"])), Api)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    while not stopped.wait(1.0):
        if "ISTMO_HEARTBEAT_FILE" in os.environ:
            Path(os.environ["ISTMO_HEARTBEAT_FILE"]).touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
