"""The registry as a partner asks it."""

from typing import Any, Final

import httpx

from istmo_stack.admin import reason_of
from istmo_stack.errors import CallFailed

__all__ = ["RegistryClient"]

_TIMEOUT_SECONDS: Final = 30.0
_AT_ONCE: Final = "200"


class RegistryClient:
    """Calls of one partner, with its key. All raise `CallFailed`."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address
        self._headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str, **query: str | None) -> dict[str, Any]:
        """What a path answers."""
        return self._call("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(self, path: str, form: dict[str, Any]) -> dict[str, Any]:
        """What a path answers to a form."""
        return self._call("POST", path, json=form)

    def all_of(self, path: str, name: str, **query: str | None) -> list[dict[str, Any]]:
        """All items of a list, whose pages have them under `name`."""
        page = self.get(path, limit=_AT_ONCE, **query)
        found = list(page[name])
        while page["next"] is not None:
            page = self.get(page["next"])
            found += page[name]
        return found

    def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        if not arguments.get("params"):
            # The address of a next page brings its own.
            arguments.pop("params", None)
        try:
            # Not through a proxy that the environment names: the services are on this machine.
            with httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False, headers=self._headers) as client:
                answer = client.request(method, f"{self._address}{path}", **arguments)
        except httpx.HTTPError as error:
            raise CallFailed(None, f"{self._address} does not answer: {error!r}") from error
        if not answer.is_success:
            raise CallFailed(answer.status_code, reason_of(answer))
        return dict(answer.json())
