"""The page on which an API's calls are tried: it comes from the service whole, whatever the reader's machine reaches.

A key is typed into it: nothing that it runs may be fetched from anywhere else.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from importlib.resources import files
from typing import Final

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse

__all__ = ["install_docs_page"]

_FILES: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}


def install_docs_page(app: FastAPI) -> None:
    """`/docs` and the files that it needs, in place of FastAPI's own pages: make `app` without these."""
    page = get_swagger_ui_html(
        openapi_url=str(app.openapi_url),
        title=app.title,
        swagger_js_url="/docs/swagger-ui-bundle.js",
        swagger_css_url="/docs/swagger-ui.css",
        swagger_favicon_url="/docs/favicon.png",
    )
    html = bytes(page.body).decode()
    headers = {"Content-Security-Policy": _policy(html)}

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(html, headers=headers)

    for name, media_type in _FILES.items():
        app.add_api_route(f"/docs/{name}", _sending(name, media_type), include_in_schema=False)


def _policy(html: str) -> str:
    """Scripts and data of this service alone, and of the scripts within the page the one that it has."""
    script = html.split("<script>")[1].split("</script>", maxsplit=1)[0]
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'sha256-{digest}'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _sending(name: str, media_type: str) -> Callable[[], Awaitable[FileResponse]]:
    path = str(files("fastapi_offline") / "static" / name)

    async def send() -> FileResponse:
        return FileResponse(path, media_type=media_type)

    return send
