"use client";

import { useEffect, useRef, useState } from "react";
import type { Schemas } from "@/lib/api";
import { Button, buttonLook } from "./Button";
import { Card } from "./Card";
import { useTexts } from "./Texts";

interface Props {
  ticket: Schemas["FormAccepted"];
  onAnother: () => void;
}

/** What the customer has after sending: the ticket's number, the link to its answer, and what happens next. */
export function SuccessMessage({ ticket, onAnother }: Props) {
  const { t, language } = useTexts();
  const [copied, setCopied] = useState("");
  const title = useRef<HTMLHeadingElement>(null);
  const path = `/status?lang=${language}#${ticket.ticket_id}:${ticket.status_token}`;

  useEffect(() => {
    title.current?.focus();
    scrollTo(0, 0);
  }, []);

  async function copy() {
    const link = `${location.origin}/status#${ticket.ticket_id}:${ticket.status_token}`;
    try {
      await navigator.clipboard.writeText(link);
      setCopied(t.copied);
    } catch {
      setCopied(link); // no clipboard without https: the link is shown, to be copied by hand
    }
  }

  return (
    <Card>
      <div className="mb-2 flex items-center gap-3">
        <span
          aria-hidden="true"
          className="grid size-9 shrink-0 place-items-center rounded-full bg-good-tint text-lg text-good"
        >
          ✓
        </span>
        <h1 ref={title} tabIndex={-1} className="text-2xl leading-tight font-bold focus:outline-none sm:text-3xl">
          {t.doneTitle}
        </h1>
      </div>
      <p className="text-soft">{t.doneLead}</p>
      <dl className="my-5 border-y border-edge py-4">
        <dt className="text-sm text-soft">{t.ticket}</dt>
        <dd dir="ltr" className="text-start font-mono text-xl font-semibold">
          {ticket.ticket_id}
        </dd>
      </dl>
      <div className="flex flex-wrap items-center gap-3">
        <a className={buttonLook()} href={path}>
          {t.readAnswer}
        </a>
        <Button kind="quiet" onClick={copy}>
          {t.copyLink}
        </Button>
        <span role="status" dir="auto" className="min-w-0 text-sm break-all text-soft">
          {copied}
        </span>
      </div>
      <h2 className="mt-7 mb-2 text-lg font-semibold">{t.nextTitle}</h2>
      <ol className="mb-6 list-decimal space-y-1.5 ps-5">
        {t.next.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <Button kind="quiet" onClick={onAnother}>
        {t.another}
      </Button>
    </Card>
  );
}
