"use client";

import { LANGUAGE_NAMES, LANGUAGES } from "@/lib/i18n/names";
import { useSpeech } from "./Speech";

const asked = () => (typeof location === "undefined" ? null : new URLSearchParams(location.search).get("lang"));

/** What keeps the language that was asked for on the way to another page: `?lang=de`, or nothing. */
export const askedLanguage = () => (asked() ? `?${new URLSearchParams({ lang: asked() ?? "" })}` : "");

/** The ways to the same page in the other languages. */
export function Languages() {
  const { t, language } = useSpeech();
  return (
    <nav aria-label={t.header.language} className="flex flex-wrap gap-x-3 gap-y-1 text-sm">
      {LANGUAGES.map((code) => (
        <a
          key={code}
          lang={code}
          href={`?lang=${code}`}
          onClick={(event) => {
            const query = new URLSearchParams(location.search);
            query.set("lang", code);
            event.currentTarget.href = `?${query}${location.hash}`; // what stands open stays so
          }}
          aria-current={code === language ? "true" : undefined}
          className="text-soft aria-[current]:font-semibold aria-[current]:no-underline"
        >
          {LANGUAGE_NAMES[code]}
        </a>
      ))}
    </nav>
  );
}
