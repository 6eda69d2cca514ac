/** The languages that the pages are exported in; the product chooses by `?lang=`, else by what the browser asks for. */
export const LANGUAGES = ["en", "de", "fr", "es", "ar"] as const;

export type Language = (typeof LANGUAGES)[number];

/** What each language calls itself. */
export const LANGUAGE_NAMES: Record<Language, string> = {
  en: "English",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
  ar: "العربية",
};

export const direction = (language: Language): "ltr" | "rtl" => (language === "ar" ? "rtl" : "ltr");
