"use client";

import type { ReactNode } from "react";
import { company } from "@/lib/company";
import { LANGUAGE_NAMES, LANGUAGES } from "@/lib/i18n/names";
import { useTexts } from "./Texts";
import { useInBrowser } from "./useInBrowser";

/** The customers' pages: title, the company's brand, the way to the other page, the footer. */
export function Shell({
  page,
  title,
  children,
}: {
  page: "form" | "status" | "link" | "rate";
  title: string;
  children: ReactNode;
}) {
  const { t } = useTexts();
  const { name, signature } = company();
  const asked = useInBrowser() ? new URLSearchParams(location.search).get("lang") : null;
  const chosen = asked ? `?lang=${encodeURIComponent(asked)}` : "";
  const links = [
    { href: `/${chosen}`, key: "form", label: t.newRequest },
    { href: `/status${chosen}`, key: "status", label: t.ticketStatus },
  ];
  return (
    <>
      <title>{`${title} – ${name}`}</title>
      <a href="#main" className="absolute -start-[999rem] z-10 rounded-lg bg-card px-4 py-2 focus:start-4 focus:top-4">
        {t.skip}
      </a>
      <header className="mx-auto flex w-full max-w-3xl flex-wrap items-center justify-between gap-x-6 gap-y-2 px-5 pt-5 pb-9">
        <a href="/" className="inline-flex items-center gap-2.5 font-semibold text-text no-underline">
          {/* biome-ignore lint/performance/noImgElement: the product serves the logo as it is */}
          <img src="/assets/logo" alt="" width="28" height="28" />
          {signature}
        </a>
        <nav aria-label={t.pages} className="flex flex-wrap gap-1">
          {links.map(({ href, key, label }) => (
            <a
              key={key}
              href={href}
              aria-current={page === key ? "page" : undefined}
              className="rounded-full px-3 py-1.5 text-sm text-soft no-underline hover:text-text aria-[current]:bg-tint aria-[current]:font-semibold aria-[current]:text-accent-strong"
            >
              {label}
            </a>
          ))}
        </nav>
      </header>
      <main id="main" tabIndex={-1} className="mx-auto w-full max-w-3xl flex-1 px-5 pb-12 focus:outline-none">
        {children}
      </main>
      <Footer />
    </>
  );
}

function Footer() {
  const { t, language } = useTexts();
  const { signature, helpUrl } = company();
  const inBrowser = useInBrowser();
  return (
    <footer className="mx-auto flex w-full max-w-3xl flex-wrap items-center justify-between gap-x-6 gap-y-2 px-5 pt-4 pb-6 text-sm text-soft">
      <p>
        {signature} · {t.answeredBy}
        {inBrowser && helpUrl && (
          <>
            {" · "}
            <a href={helpUrl}>{t.helpCentre}</a>
          </>
        )}
      </p>
      <nav aria-label={t.language} className="flex flex-wrap gap-x-3 gap-y-1">
        {LANGUAGES.map((code) => (
          <a
            key={code}
            lang={code}
            href={`?lang=${code}`}
            onClick={(event) => {
              event.currentTarget.href = `?lang=${code}${location.hash}`; // a ticket stays open in the other language
            }}
            aria-current={code === language ? "true" : undefined}
            className="text-soft aria-[current]:font-semibold aria-[current]:no-underline"
          >
            {LANGUAGE_NAMES[code]}
          </a>
        ))}
      </nav>
    </footer>
  );
}
