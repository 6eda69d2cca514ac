"""What people see instead of a page while no replica can answer: a sentence in their language, a link to try again."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from starlette.responses import Response

from serve_app.api.base.languages import chosen

AGAIN_S = 5
_WORDS = {
    "en": ("We are back in a moment", "The service can't answer just now.", "Try again"),
    "de": ("Gleich wieder da", "Der Dienst kann gerade nicht antworten.", "Noch einmal versuchen"),
    "fr": ("De retour dans un instant", "Le service ne peut pas répondre pour le moment.", "Réessayer"),
    "es": ("Volvemos enseguida", "El servicio no puede responder ahora.", "Intentar de nuevo"),
    "ar": ("نعود بعد لحظة", "لا تستطيع الخدمة الرد الآن.", "حاول مجددًا"),
}
_STYLE = (
    ":root{color-scheme:light dark;--page:#f5f6fb;--text:#1c2038;--soft:#565c78;--link:#3730a3}"
    "@media(prefers-color-scheme:dark){:root{--page:#0d1020;--text:#e9ebf6;--soft:#a7adc8;--link:#c3caff}}"
    'body{margin:0;background:var(--page);color:var(--text);font:1rem/1.6 system-ui,"Noto Sans",sans-serif}'
    "main{max-width:36rem;margin:0 auto;padding:20vh 1.25rem 2rem}h1{font-size:1.6rem;margin:0 0 .5rem}"
    "p{margin:0 0 1rem;color:var(--soft)}a{color:var(--link)}"
)
_POLICY = f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"


def away_page(accepted: str) -> Response:
    """Return the page, 503, in the first known language of an Accept-Language header."""
    language = chosen(_WORDS, None, accepted)
    title, text, again = _WORDS[language]
    page = (
        f'<!doctype html><html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f'<body><main><h1>{title}</h1><p>{text}</p><p><a href="">{again}</a></p></main></body></html>'
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Language": language,
        "Content-Security-Policy": _POLICY,
        "Retry-After": str(AGAIN_S),
    }
    return Response(page, 503, headers, media_type="text/html")
