"""The HTML pages and their assets: static files of `serve_app/pages`, which load nothing from other hosts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

PAGES = Path(__file__).parents[2] / "pages"
ROUTES = {
    "/": "form.html",
    "/status": "status.html",
    "/link": "link.html",
    "/staff": "staff.html",
    "/docs": "docs.html",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}


def add_pages(app: FastAPI) -> None:
    """Register each page at its path, and their scripts and styles below /assets."""
    for path, name in ROUTES.items():
        app.add_api_route(path, _page(name), methods=["GET", "HEAD"], include_in_schema=False)
    app.mount("/assets", StaticFiles(directory=PAGES / "assets"))


def _page(name: str) -> Callable[[Request], Awaitable[Response]]:
    body = (PAGES / name).read_bytes()
    headers = {**HEADERS, "ETag": f'"{sha256(body).hexdigest()[:16]}"'}

    async def page(request: Request) -> Response:
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="text/html")

    return page
