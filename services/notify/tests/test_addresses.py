"""Where deliveries may go."""

import socket

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from istmo_notify.channels.addresses import ForbiddenEndpoint, VettedResolver, vet_url, vetted_sockets
from istmo_notify.domain.addresses import is_public

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
HIDDEN = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "::",
    "::1",
    "::127.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "3fff::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "2606:2800:220:1:0:5efe:7f00:1",
    "2606:2800:220:1:200:5efe:a00:1",
    "not an address",
    "2130706433",
    "0x7f.1",
    "127.1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_delivered_to(address: str) -> None:
    """A partner's endpoint on the public internet is reached, whatever carries its address."""
    assert is_public(address)


@pytest.mark.parametrize("address", HIDDEN)
def test_no_spelling_of_an_inner_address_is_public(address: str) -> None:
    """Nobody reaches the platform's own network by an address that hides another."""
    assert not is_public(address)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.org/hook", "webhook_scheme"),
        ("ftp://example.org/hook", "webhook_scheme"),
        ("https://", "webhook_url"),
        ("not a url", "webhook_url"),
        ("https://example.org:99999/", "webhook_url"),
        ("https://user:secret@example.org/", "webhook_parts"),
        ("https://example.org/#part", "webhook_parts"),
        ("https://10.0.0.1/hook", "webhook_address"),
        ("https://[::ffff:127.0.0.1]/hook", "webhook_address"),
        ("https://127.0.0.1/hook", "webhook_address"),
        ("https://example.org/" + "x" * 2000, "webhook_url"),
    ],
)
def test_a_bad_endpoint_is_refused_with_its_reason(url: str, code: str) -> None:
    """Whoever states an endpoint that is never delivered to hears why at once."""
    with pytest.raises(ForbiddenEndpoint) as refused:
        vet_url(url, allow_loopback=False)
    assert code == refused.value.code


@given(st.text() | st.text().map("https://{}".format) | st.from_regex(r"https?://[\[\]:@0-9a-fx.%/]{1,40}"))
def test_whatever_is_stated_as_an_endpoint_is_judged(url: str) -> None:
    """No text breaks the judgement, and what passes it is HTTPS with a host that is no inner address."""
    try:
        vet_url(url, allow_loopback=False)
    except ForbiddenEndpoint:
        return
    parsed = httpx.URL(url)
    assert "https" == parsed.scheme
    assert parsed.host not in HIDDEN


def test_the_local_stack_may_be_delivered_to_on_this_machine_only() -> None:
    """The local stack tries out webhooks without TLS, but still on this machine alone."""
    vet_url("http://127.0.0.1:9/hook", allow_loopback=True)
    with pytest.raises(ForbiddenEndpoint):
        vet_url("http://10.0.0.1:9/hook", allow_loopback=True)


@pytest.mark.parametrize(
    ("addresses", "connected"),
    [(["93.184.216.34"], True), (["93.184.216.34", "10.0.0.1"], False), (["::ffff:10.0.0.1"], False)],
)
async def test_a_name_is_connected_to_only_where_all_its_addresses_are_public(
    addresses: list[str], connected: bool
) -> None:
    """A name that also points inside is never connected to, whichever address would have been tried."""

    async def lookup(_: str) -> list[str]:
        return addresses

    resolver = VettedResolver(allow_loopback=False, lookup=lookup)
    if connected:
        assert addresses == [found["host"] for found in await resolver.resolve("example.org", 443)]
    else:
        with pytest.raises(ForbiddenEndpoint):
            await resolver.resolve("example.org", 443)


def test_no_socket_is_opened_to_an_inner_address() -> None:
    """Whatever led there, the last step before connecting looks at the address itself."""
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 443))
    with pytest.raises(ForbiddenEndpoint):
        vetted_sockets(allow_loopback=False)(info)
    vetted_sockets(allow_loopback=True)(info).close()


async def test_the_name_of_this_machine_is_known_to_the_local_stack_alone() -> None:
    """`localhost` is looked up like any name, unless the local stack allows it."""

    async def lookup(_: str) -> list[str]:
        return []

    here = await VettedResolver(allow_loopback=True, lookup=lookup).resolve("localhost", 80)
    assert ["127.0.0.1"] == [found["host"] for found in here]
    with pytest.raises(OSError, match="no address"):
        await VettedResolver(allow_loopback=False, lookup=lookup).resolve("localhost", 80)
