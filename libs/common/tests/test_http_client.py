"""The HTTP client that services share."""

import httpx
import pytest
from pytest_httpserver import HTTPServer

from istmo_common.http import open_client
from istmo_stack.ports import free_port


async def test_follows_nobody_elsewhere(httpserver: HTTPServer) -> None:
    """An answer that points elsewhere is an answer: nothing is sent to an address that nobody checked."""
    httpserver.expect_request("/here").respond_with_data("", status=302, headers={"location": "/there"})
    async with open_client(base_url=httpserver.url_for("/"), headers={"x-test": "1"}) as client:
        answer = await client.post("/here", content=b"{}")
    assert (302, "1") == (answer.status_code, httpserver.log[0][0].headers["x-test"])


async def test_a_dead_address_is_httpx_s_own_error() -> None:
    """Whoever calls catches one family of errors, whatever carries the connection."""
    async with open_client(timeout_seconds=2) as client:
        with pytest.raises(httpx.TransportError):
            await client.get(f"http://127.0.0.1:{free_port()}/")
