/** How the browser itself spells the page's language, where it has that language: en-GB for en. */
export const tag = (language: string): string =>
  (typeof navigator === "undefined" ? [] : navigator.languages).find((one) => one.split("-")[0] === language) ??
  language;

/** A moment as the reader writes it. */
export const when = (iso: string, language: string): string =>
  new Intl.DateTimeFormat(tag(language), { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));

/** A day such as 2026-11-30, as the reader writes it. */
export const day = (date: string, language: string): string =>
  new Intl.DateTimeFormat(tag(language), { dateStyle: "medium", timeZone: "UTC" }).format(new Date(date));
