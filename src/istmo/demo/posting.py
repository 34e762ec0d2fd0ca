"""What the demo asks of the services as a partner would: report, subscribe, read alerts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from istmo_stack.folder import Addresses

__all__ = ["PartnerClient"]

_ALERTS = ["alert.raised", "alert.updated", "alert.cleared"]


class PartnerClient:
    """One partner's calls, with its key. What is refused raises `httpx.HTTPStatusError`."""

    def __init__(self, http: httpx.Client, addresses: Addresses) -> None:
        self._http = http
        self._addresses = addresses

    @classmethod
    @contextmanager
    def open(cls, addresses: Addresses, key: str) -> Iterator["PartnerClient"]:
        """A client, closed on leaving."""
        with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False) as http:
            yield cls(http, addresses)

    def report(self, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Post events as one batch; their receipts."""
        answer = self._http.post(
            f"{self._addresses.ingest}/v1/events",
            json=events,
            headers={"Content-Type": "application/cloudevents-batch+json"},
        )
        answer.raise_for_status()
        return list(answer.json()["receipts"])

    def subscribe(self, url: str) -> tuple[str, str]:
        """Have alerts sent to `url`: the subscription's id, and the secret that webhooks are signed with."""
        form = {"channel": {"kind": "webhook", "url": url}, "filter": {"types": _ALERTS}}
        answer = self._http.post(f"{self._addresses.notify}/v1/subscriptions", json=form)
        answer.raise_for_status()
        made = answer.json()
        return made["id"], made["secret"]

    def unsubscribe(self, subscription: str) -> None:
        """End a subscription."""
        self._http.delete(f"{self._addresses.notify}/v1/subscriptions/{subscription}").raise_for_status()

    def alerts(self) -> list[dict[str, Any]]:
        """The partner's alerts that stand, as they are stored."""
        answer = self._http.get(f"{self._addresses.notify}/v1/alerts", params={"limit": 500})
        answer.raise_for_status()
        return [item["alert"] for item in answer.json()["items"] if item["alert"] is not None]
