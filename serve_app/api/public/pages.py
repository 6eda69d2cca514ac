"""The HTML pages and their assets, in the company's name and look; they load nothing from other hosts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from deployments.rules.company import Company
from serve_app.api.public.look import stylesheet

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


def add_pages(app: FastAPI, company: Company) -> None:
    """Register each page at its path, and their scripts, styles and the logo below /assets."""
    templates = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)
    for path, name in ROUTES.items():
        page = templates.get_template(name).render(company=company)
        _serve(app, path, page.encode(), "text/html")
    _serve(app, "/assets/company.css", stylesheet(company).encode(), "text/css")
    _serve(app, "/assets/logo", *_logo(company))
    app.mount("/assets", StaticFiles(directory=PAGES / "assets"))


def _logo(company: Company) -> tuple[bytes, str]:
    """Return the company's logo and its media type, or the product's icon."""
    if company.logo:
        return company.logo, company.logo_type
    return (PAGES / "assets" / "icon.svg").read_bytes(), "image/svg+xml"


def _serve(app: FastAPI, path: str, body: bytes, media_type: str) -> None:
    app.add_api_route(path, _answer(body, media_type), methods=["GET", "HEAD"], include_in_schema=False)


def _answer(body: bytes, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    headers = {**HEADERS, "ETag": f'"{sha256(body).hexdigest()[:16]}"'}

    async def answer(request: Request) -> Response:
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=media_type)

    return answer
