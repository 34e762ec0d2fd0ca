"""Which addresses a delivery may go to: public ones only, whatever spelling hides another.

Sources: the IANA special-purpose address registries (RFC 6890); IPv4 inside IPv6 by RFC 4291 2.5.5 (mapped), RFC 6052
(NAT64), RFC 3056 (6to4) and RFC 5214 (ISATAP).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

__all__ = ["is_loopback", "is_public"]

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NOT_HOSTS: Final = (
    IPv6Network("2001::/23"),  # protocol assignments, Teredo among them
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("3fff::/20"),  # documentation
)
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_6TO4: Final = IPv6Network("2002::/16")
_6TO4_RELAYS: Final = IPv4Network("192.88.99.0/24")
_ISATAP: Final = (0x00005EFE, 0x02005EFE)


def is_public(address: str) -> bool:
    """Whether `address` (canonical text) is that of a public host; one that carries another stands for it."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return _public_v4(parsed) if isinstance(parsed, IPv4Address) else _public_v6(parsed)


def is_loopback(address: str) -> bool:
    """Whether `address` is this machine, 127.0.0.0/8 or ::1."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _public_v4(address: IPv4Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address in _6TO4_RELAYS)


def _public_v6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    bits = int(address)
    if address in _MAPPED or address in _NAT64:
        return _public_v4(IPv4Address(bits & 0xFFFFFFFF))
    if address in _6TO4:
        return _public_v4(IPv4Address((bits >> 80) & 0xFFFFFFFF))
    if address not in _GLOBAL_UNICAST or any(address in network for network in _NOT_HOSTS):
        return False
    if (bits >> 32) & 0xFFFFFFFF in _ISATAP:
        return _public_v4(IPv4Address(bits & 0xFFFFFFFF))
    return True
