/** A moment as the reader writes it: in the page's language, in the browser's own spelling of it where that fits. */
export function when(iso: string, language: string): string {
  const own = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
  return new Intl.DateTimeFormat(own, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}
