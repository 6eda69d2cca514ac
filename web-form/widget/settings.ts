// What the page's script tag says, and what the product writes into the file when it serves it.

import { ar } from "../lib/i18n/ar";
import { de } from "../lib/i18n/de";
import { en, type Messages } from "../lib/i18n/en";
import { es } from "../lib/i18n/es";
import { fr } from "../lib/i18n/fr";
import { direction, LANGUAGES, type Language } from "../lib/i18n/names";

const WORDS: Record<Language, Messages> = { en, de, fr, es, ar };
const COLOUR = /^#[0-9a-f]{6}$/i;
const STANDARD_COLOUR = "#4338ca";

export interface Settings {
  /** Where the product is: the script's own origin. */
  origin: string;
  company: string;
  t: Messages;
  language: Language;
  direction: "ltr" | "rtl";
  theme: "light" | "dark" | "auto";
  position: "start" | "end";
  accent: string;
  onAccent: string;
  label: string;
  category: string;
}

/** Read `<script src="…/widget.js" data-language data-theme data-accent data-position data-label data-category>`. */
export function readSettings(script: HTMLScriptElement): Settings {
  const { language = "", theme = "", position, accent, label, category } = script.dataset;
  const known = [language, document.documentElement.lang, ...navigator.languages]
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .find((tag): tag is Language => (LANGUAGES as readonly string[]).includes(tag));
  const spoken = known ?? "en";
  const colour = [accent, "__COMPANY_COLOUR__"].find((one) => one && COLOUR.test(one)) ?? STANDARD_COLOUR;
  return {
    origin: new URL(script.src).origin,
    company: "__COMPANY_NAME__",
    t: WORDS[spoken],
    language: spoken,
    direction: direction(spoken),
    theme: theme === "light" || theme === "dark" ? theme : "auto",
    position: position === "start" ? "start" : "end",
    accent: colour,
    onAccent: readableOn(colour),
    label: label || WORDS[spoken].widget.open,
    category: category || "how_to",
  };
}

/** White or black, whichever has the greater contrast on this `#rrggbb` (WCAG 2.2). */
export function readableOn(colour: string): "#fff" | "#000" {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? "#fff" : "#000";
}
