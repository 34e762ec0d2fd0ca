"""What the HTTP interfaces of all services have in common."""

from typing import Any, TypeVar

from fastapi import FastAPI

from istmo_common.docs_page import install_docs_page
from istmo_common.openapi import DESCRIPTION, operation_id
from istmo_common.telemetry import create_app_telemetry

__all__ = ["new_application"]

Application = TypeVar("Application", bound=FastAPI)


def new_application(kind: type[Application], title: str, summary: str, **settings: Any) -> Application:
    """An application without calls of its own but the page to try them; `settings` are FastAPI's further ones."""
    app = kind(
        title=title,
        summary=summary,
        description=DESCRIPTION,
        version="1",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
        telemetry=create_app_telemetry(),
        **settings,
    )
    install_docs_page(app)
    return app
