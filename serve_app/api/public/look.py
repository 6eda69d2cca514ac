"""The company's colour as the style of the pages, readable on light and on dark."""

from __future__ import annotations

from deployments.rules.company import Company

READABLE = 4.5
"""The least contrast of text, by WCAG 2.2 (1.4.3)."""
PAGE = "#f5f6fb"
"""The background of the pages in style.css."""


def stylesheet(company: Company) -> str:
    """Return the variables of style.css that the company's colour replaces; '' without a colour."""
    if not company.colour:
        return ""
    on_it = "#fff" if contrast(company.colour, "#ffffff") >= contrast(company.colour, "#000000") else "#000"
    return (
        f":root {{ --accent: {company.colour}; --accent-strong: color-mix(in srgb, {company.colour} 80%, #000); "
        f"--on-accent: {on_it}; --tint: color-mix(in srgb, {company.colour} 9%, #fff); }}\n"
        "@media (prefers-color-scheme: dark) {\n"
        f"  :root {{ --accent: color-mix(in srgb, {company.colour} 45%, #fff); "
        f"--accent-strong: color-mix(in srgb, {company.colour} 30%, #fff); --on-accent: #12152a; "
        f"--tint: color-mix(in srgb, {company.colour} 25%, #161a2e); }}\n"
        "}\n"
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, each `#rrggbb`, by WCAG: from 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, in [0, 1]."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
