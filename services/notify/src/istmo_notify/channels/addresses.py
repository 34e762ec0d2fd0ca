"""Endpoints that may be delivered to, and how their names become addresses: vetted first, then connected to."""

import ipaddress
import socket
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, Final

import dns.asyncresolver
import dns.exception
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult

from istmo_notify.domain.addresses import is_loopback, is_public

__all__ = ["ForbiddenEndpoint", "Lookup", "VettedResolver", "look_up", "vet_url", "vetted_sockets"]

MAX_URL_LENGTH: Final = 2_000
_LOOKUP_SECONDS: Final = 5.0

AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]
"""An address as `getaddrinfo` tells it."""

Lookup = Callable[[str], Awaitable[list[str]]]
"""From the name of a host to all of its addresses; none for a name that has none."""


class ForbiddenEndpoint(OSError):
    """Deliveries do not go there. `code` says why: a stable word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@lru_cache(maxsize=1024)
def vet_url(url: str, *, allow_loopback: bool) -> None:
    """Check what can be known of an endpoint without looking its name up. Raises `ForbiddenEndpoint`.

    Nothing of that changes: one that has passed is not read again. Plain HTTP and addresses of this machine are for
    the local stack only (`allow_loopback`).
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise ForbiddenEndpoint("webhook_url") from None
    if len(url) > MAX_URL_LENGTH or not parsed.host or not 0 < (parsed.port or 443) < 65536:
        raise ForbiddenEndpoint("webhook_url")
    if parsed.userinfo or parsed.fragment:
        raise ForbiddenEndpoint("webhook_parts")
    if parsed.scheme != "https" and not (allow_loopback and parsed.scheme == "http"):
        raise ForbiddenEndpoint("webhook_scheme")
    if _is_literal(parsed.host):
        _vet_address(parsed.host, allow_loopback=allow_loopback)


async def look_up(host: str) -> list[str]:
    """All addresses of a name, by DNS. Raises OSError when no answer comes."""
    try:
        answers = await dns.asyncresolver.resolve_name(host, lifetime=_LOOKUP_SECONDS)
    except dns.exception.DNSException as error:
        raise OSError(f"the name cannot be looked up: {type(error).__name__}") from None
    return list(answers.addresses())


class VettedResolver(AbstractResolver):
    """Gives the HTTP client addresses that may be connected to, and no name a second chance to mean another.

    One address that may not be reached condemns the name: a name that points at both was made to get past somebody.
    """

    def __init__(self, *, allow_loopback: bool, lookup: Lookup = look_up) -> None:
        self._allow_loopback = allow_loopback
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """See `AbstractResolver.resolve`. Raises `ForbiddenEndpoint`, and OSError when there is no address."""
        # The one name that means this machine without DNS.
        local = self._allow_loopback and host == "localhost"
        addresses = ["127.0.0.1"] if local else await self._lookup(host)
        if not addresses:
            raise OSError("the name has no address")
        for address in addresses:
            _vet_address(address, allow_loopback=self._allow_loopback)
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Nothing is held."""


def vetted_sockets(*, allow_loopback: bool) -> Callable[[AddressInfo], socket.socket]:
    """The last gate: a socket for an address, or `ForbiddenEndpoint`, wherever the address came from."""

    def open_socket(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        _vet_address(str(address[0]), allow_loopback=allow_loopback)
        return socket.socket(family, kind, protocol)

    return open_socket


def _vet_address(address: str, *, allow_loopback: bool) -> None:
    if not is_public(address) and not (allow_loopback and is_loopback(address)):
        raise ForbiddenEndpoint("webhook_address")


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _result(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
