"""The page on which calls are tried, as a browser gets it."""

import re
from base64 import b64encode
from hashlib import sha256

import httpx
from fastapi import FastAPI

from istmo_common.docs_page import install_docs_page


async def test_nothing_of_the_page_comes_from_elsewhere() -> None:
    """All that it loads is the service's own, and its policy lets a browser load and run nothing else."""
    app = FastAPI(title="Service", docs_url=None, redoc_url=None)
    install_docs_page(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/docs")
        loaded = re.findall(r'(?:href|src)="([^"]*)"', answer.text)
        assert [200, 200, 200] == [(await client.get(path)).status_code for path in loaded]

    assert ["/docs/swagger-ui.css", "/docs/favicon.png", "/docs/swagger-ui-bundle.js"] == loaded
    policy = answer.headers["content-security-policy"].split("; ")
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert {"default-src 'none'", f"script-src 'self' 'sha256-{digest}'", "connect-src 'self'"} <= set(policy)
    assert "url: '/openapi.json'" in script
    assert [] == list(app.openapi()["paths"])
