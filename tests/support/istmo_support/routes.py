"""The routes that an application really has: what a test of every route must have a case for."""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

__all__ = ["Route", "routes_of"]

Route = tuple[str, str]
"""A method and the path as it is declared."""


def routes_of(app: FastAPI) -> set[Route]:
    """Every method and path that the application answers; a HEAD answers as its GET without the body."""
    return {
        (method, route.path or "")
        for route in iter_route_contexts(app.routes)
        # What answers without naming its methods is no route that a case could be about, and so fails.
        for method in route.methods or ("ANY",)
        if method != "HEAD"
    }
