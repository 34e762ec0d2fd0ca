"""Webhooks after Standard Webhooks: each item signed and sent by POST, once per attempt, never led elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import aiohttp
import httpx
import yarl
from opentelemetry.trace import SpanKind, StatusCode
from standardwebhooks import Webhook

from istmo_common.kafka.headers import traceparent_of
from istmo_notify.channels.addresses import ForbiddenEndpoint, Lookup, VettedResolver, look_up, vet_url, vetted_sockets
from istmo_notify.domain.delivery import Attempt, retry_after
from istmo_notify.domain.reading import Entry
from istmo_notify.tracing import span_for

__all__ = ["WebhookSender", "message_id", "open_sender"]

_ANSWER_BYTES: Final = 16 * 1024
_CONNECTIONS: Final = 64


def message_id(subscription: str, entry: Entry) -> str:
    """The id of a message: the same at every attempt to deliver this item to this subscription."""
    return f"msg_{subscription.removeprefix('sub_')}_{entry.epoch}_{entry.number}"


class WebhookSender:
    """Sends one item at a time; what became of it is an `Attempt`, never an exception."""

    def __init__(self, session: aiohttp.ClientSession, *, allow_loopback: bool, timeout_seconds: float) -> None:
        self._session = session
        self._allow_loopback = allow_loopback
        self._timeout_seconds = timeout_seconds

    async def send(self, subscription: str, url: str, secret: str, entry: Entry) -> Attempt:
        """POST `entry` to `url`, signed with `secret` (`whsec_…`)."""
        with span_for("POST", entry.traceparent, kind=SpanKind.CLIENT) as span:
            body = entry.body()
            headers = _signed(secret, message_id(subscription, entry), body)
            traceparent = traceparent_of(span.get_span_context())
            if traceparent is not None:
                headers["traceparent"] = traceparent
            attempt = await self._attempt(url, headers, body)
            span.set_attribute("http.request.method", "POST")
            if attempt.status is not None:
                span.set_attribute("http.response.status_code", attempt.status)
            if not attempt.taken:
                span.set_attribute("error.type", attempt.reason)
                span.set_status(StatusCode.ERROR)
            return attempt

    async def _attempt(self, url: str, headers: dict[str, str], body: bytes) -> Attempt:
        try:
            vet_url(url, allow_loopback=self._allow_loopback)
            # Over all of it: a receiver that answers a byte a second is as good as none.
            async with asyncio.timeout(self._timeout_seconds):
                return await self._post(url, headers, body)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Attempt(None, _reason(error))

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> Attempt:
        async with self._session.post(_target(url), data=body, headers=headers, allow_redirects=False) as response:
            await _read_some(response)
            status = response.status
            wait = retry_after(response.headers.get("retry-after"), datetime.now(UTC))
        if 200 <= status < 300:
            return Attempt(status, "ok")
        return Attempt(status, "redirect" if 300 <= status < 400 else "status", wait)


@asynccontextmanager
async def open_sender(
    *, allow_loopback: bool, timeout_seconds: float = 15.0, lookup: Lookup = look_up
) -> AsyncIterator[WebhookSender]:
    """A sender with connections of its own, which go to vetted addresses only."""
    connector = aiohttp.TCPConnector(
        resolver=VettedResolver(allow_loopback=allow_loopback, lookup=lookup),
        # An answer is looked at each time: nothing that was vetted once is trusted later.
        use_dns_cache=False,
        limit=_CONNECTIONS,
        socket_factory=vetted_sockets(allow_loopback=allow_loopback),
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        # An answer that unpacks to gigabytes is nobody's business here.
        auto_decompress=False,
        # The sender bounds the whole of an attempt itself.
        timeout=aiohttp.ClientTimeout(total=None),
    ) as session:
        yield WebhookSender(session, allow_loopback=allow_loopback, timeout_seconds=timeout_seconds)


@lru_cache(maxsize=1024)
def _target(url: str) -> yarl.URL:
    """An endpoint as the client goes there: spelled by the parser that vetted it, and by no other."""
    return yarl.URL(str(httpx.URL(url)), encoded=True)


@lru_cache(maxsize=1024)
def _signing(secret: str) -> Webhook:
    return Webhook(secret)


def _signed(secret: str, id: str, body: bytes) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "content-type": "application/json",
        "user-agent": "istmo-notify/0.1",
        "webhook-id": id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": _signing(secret).sign(id, now, body.decode()),
    }


async def _read_some(response: aiohttp.ClientResponse) -> None:
    """Read a short answer to its end, so that the connection can be used again; a long one is cut off."""
    read = 0
    async for chunk in response.content.iter_any():
        read += len(chunk)
        if read > _ANSWER_BYTES:
            response.close()
            return


def _reason(error: BaseException) -> str:
    """What kept a request from being answered."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(cause)
    forbidden = next((cause.code for cause in causes if isinstance(cause, ForbiddenEndpoint)), None)
    if forbidden is not None:
        return forbidden
    return "timeout" if any(isinstance(cause, TimeoutError) for cause in causes) else "connection"
