"""The pages in the company's name and look, and what they load; they load nothing from other hosts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from deployments.rules.company import Company
from serve_app.api.base.languages import chosen
from serve_app.api.public.export import Export, File, Page
from serve_app.api.public.look import stylesheet

PAGES = Path(__file__).parents[2] / "pages"
ROUTES = {"/docs": "docs.html"}
"""Pages that are written by hand, in `serve_app/pages`."""
EXPORTED = {
    "/": "",
    "/status": "status",
    "/link": "link",
    "/rate": "rate",
    "/staff": "staff",
    "/staff/digest": "staff/digest",
}
"""Pages of `web-form/` by their names there."""
POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY.format(scripts=""),
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
NOT_BUILT = "<!doctype html><title>Not built</title><p>The pages are not built. Run: make web</p>\n"
_log = structlog.get_logger(__name__)


def add_pages(app: FastAPI, company: Company, export: Export | None = None) -> None:
    """Register each page at its path, what it loads, and the widget."""
    templates = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)
    for path, name in ROUTES.items():
        page = templates.get_template(name).render(company=company)
        _serve(app, path, page.encode(), "text/html")
    _serve(app, "/assets/company.css", stylesheet(company).encode(), "text/css")
    _serve(app, "/assets/logo", *_logo(company))
    app.mount("/assets", StaticFiles(directory=PAGES / "assets"))
    _add_exported(app, export or Export(company))


def _add_exported(app: FastAPI, export: Export) -> None:
    if not export.languages:
        _log.error("pages_not_built", run="make web")
    for path, name in EXPORTED.items():
        _route(app, path, _exported(export.pages(name)))
    for path, file in export.assets().items():
        # Names below /_next/static have a hash of their content in them; the widget's has not.
        headers = FOR_EVER if path.startswith("/_next/static/") else {"Cache-Control": "max-age=300"}
        _route(app, path, _file(file, headers))


def _logo(company: Company) -> tuple[bytes, str]:
    """Return the company's logo and its media type, or the product's icon."""
    if company.logo:
        return company.logo, company.logo_type
    return (PAGES / "assets" / "icon.svg").read_bytes(), "image/svg+xml"


Answer = Callable[[Request], Awaitable[Response]]


def _route(app: FastAPI, path: str, answer: Answer) -> None:
    app.add_api_route(path, answer, methods=["GET", "HEAD"], include_in_schema=False)


def _serve(app: FastAPI, path: str, body: bytes, media_type: str) -> None:
    _route(app, path, _file(File(body=body, packed=b"", media_type=media_type), HEADERS))


def _exported(pages: dict[str, Page]) -> Answer:
    """Answer with the page in the reader's language, and the policy that allows its own inline scripts alone."""
    languages = tuple(pages)

    async def answer(request: Request) -> Response:
        if not pages:
            return Response(NOT_BUILT, 503, media_type="text/html", headers={**HEADERS, "Retry-After": "30"})
        accepted = request.headers.get("accept-language", "")
        language = chosen(languages, request.query_params.get("lang"), accepted)
        page = pages[language]
        policy = POLICY.format(scripts="".join(f" {source}" for source in page.scripts))
        headers = {**HEADERS, "Content-Security-Policy": policy, "Content-Language": language}
        return _sent(request, page.file, {**headers, "Vary": "Accept-Language"})

    return answer


def _file(file: File, headers: dict[str, str]) -> Answer:
    async def answer(request: Request) -> Response:
        return _sent(request, file, headers)

    return answer


def _sent(request: Request, file: File, headers: dict[str, str]) -> Response:
    """Return the file, packed where the browser takes it, or 304 when the browser has it."""
    vary = ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
    headers = {**headers, "ETag": file.tag, "Vary": vary}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    if file.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=file.media_type)
    return Response(file.body, headers=headers, media_type=file.media_type)
