"""The operator's calls to the services, with the admin key of the stack's folder."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import httpx

from istmo_stack.errors import CallFailed
from istmo_stack.folder import Addresses

__all__ = ["UNCLAIMED", "AdminClient", "NewPartner", "is_ready", "reason_of"]

UNCLAIMED = "unclaimed"

_TIMEOUT_SECONDS = 10.0
_KNOWN_SECONDS = 20.0


@dataclass(frozen=True)
class NewPartner:
    """A partner as the registry is told of it. Without an `id` it makes one from the name.

    `owns` and `custodian_of` are identifiers of organisations, or UNCLAIMED for all that no partner owns.
    """

    name: str
    kind: str
    language: str
    owns: Sequence[str] = ()
    custodian_of: Sequence[str] | str = ()
    steward: bool = False
    agreement_signed: bool = False
    id: str | None = None


class AdminClient:
    """Calls with the admin key, which is read when a call is made."""

    def __init__(self, admin_key_file: Path) -> None:
        self._admin_key_file = admin_key_file
        # Not through a proxy that the environment names: the services are on this machine. No connection is kept, so
        # there is nothing to close.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False, limits=limits)

    def add_partner(self, registry: str, partner: NewPartner) -> str:
        """Make a partner known; its key, which the registry shows this once.

        Raises CallFailed, with status 409 when the partner is known already.
        """
        return str(self._call("POST", f"{registry}/v1/partners", json=asdict(partner))["key"])

    def wait_until_known(self, addresses: Addresses, key: str) -> None:
        """Return once ingest and notify take a new key, which the registry tells them by the log.

        Raises CallFailed where that takes unusually long.
        """
        deadline = time.monotonic() + _KNOWN_SECONDS
        for url in (f"{addresses.ingest}/v1/imports", f"{addresses.notify}/v1/alerts"):
            headers = {"Authorization": f"Bearer {key}"}
            while self._client.get(url, headers=headers).status_code == HTTPStatus.UNAUTHORIZED:
                if time.monotonic() > deadline:
                    raise CallFailed(
                        HTTPStatus.UNAUTHORIZED, f"{url} does not know the new key after {_KNOWN_SECONDS} s"
                    )
                time.sleep(0.1)

    def add_key(self, registry: str, partner_id: str) -> str:
        """One more key of a partner, shown this once."""
        return str(self._call("POST", f"{registry}/v1/partners/{partner_id}/keys")["key"])

    def progress(self, service: str) -> dict[str, Any]:
        """How far a service has come with the log, and what it has still to do."""
        return self._call("GET", f"{service}/v1/admin/progress")

    def reports(self, registry: str, event: str, partner: str | None, source: str | None) -> dict[str, Any]:
        """The reports of an event id, and the way of it through the registry where there is only one."""
        named = {"event": event, "partner": partner, "source": source}
        params = {name: value for name, value in named.items() if value is not None}
        return self._call("GET", f"{registry}/v1/admin/reports", params=params)

    def dead_letters(self, registry: str, method: str, tail: str, **arguments: Any) -> dict[str, Any]:
        """A call about dead letters: `tail` is "", "/replay" or "/purge"."""
        return self._call(method, f"{registry}/v1/admin/dead-letters{tail}", **arguments)

    def stages(self, notify: str, traces: Sequence[str]) -> dict[str, Any]:
        """What became of traces within notify."""
        return self._call("GET", f"{notify}/v1/admin/stages", params={"trace": list(traces)})

    def _call(self, method: str, url: str, **arguments: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._admin_key_file.read_text().strip()}"}
        try:
            answer = self._client.request(method, url, headers=headers, **arguments)
        except httpx.HTTPError as error:
            raise CallFailed(None, f"{url} does not answer: {error!r}") from error
        if not answer.is_success:
            raise CallFailed(answer.status_code, reason_of(answer))
        return dict(answer.json())


def reason_of(answer: httpx.Response) -> str:
    """What a problem document says: each place that is wrong and what would be right, else the problem as a whole."""
    try:
        problem = answer.json()
        errors = [f"{each['pointer']}: {each['detail']} {each['remedy']}" for each in problem.get("errors", [])]
        return "; ".join(errors) or str(problem.get("detail") or problem["title"])
    except (ValueError, LookupError, AttributeError):
        return f"{answer.status_code} {answer.text}"


def is_ready(url: str) -> bool:
    """Whether the service at `url` says that it can do its work."""
    # The plain client of the standard library: this is asked several times a second while others need the processor.
    connection = HTTPConnection(url.removeprefix("http://"), timeout=2.0)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
