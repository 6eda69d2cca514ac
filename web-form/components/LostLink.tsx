"use client";

import { type FormEvent, useState } from "react";
import { SUPPORT_FORM } from "@/lib/generated/rules";
import { check, trimmed } from "@/lib/validation";
import { Button } from "./Button";
import { NUMBER } from "./FindTicket";
import { FormField } from "./FormField";
import { useTexts } from "./Texts";
import { useAsked } from "./useAsked";

/** Has the link sent again, to the address that the ticket was opened from; the answer is the same for all. */
export function LostLink() {
  const { t } = useTexts();
  const { busy, told, ask } = useAsked();
  const [number, setNumber] = useState("");
  const [email, setEmail] = useState("");
  const [wrong, setWrong] = useState({ number: "", email: "" });

  function send(event: FormEvent) {
    event.preventDefault();
    const wanted = trimmed(number).toUpperCase();
    const body = { email: trimmed(email) };
    const found = {
      number: NUMBER.test(wanted) ? "" : t.problems.number,
      email: check("email", SUPPORT_FORM.email, email) ? t.problems.email : "",
    };
    setWrong(found);
    if (found.number || found.email) {
      document.getElementById(found.number ? "lost-number" : "lost-email")?.focus();
      return;
    }
    const path = `/tickets/${encodeURIComponent(wanted)}/link`;
    ask({ ...body, path }, (api, key, waiting) => api.postOnce(path, body, key, { waiting }), t.lostSent);
  }

  return (
    <details className="mb-6">
      <summary className="text-accent">{t.lostTitle}</summary>
      <form noValidate onSubmit={send} className="mt-3">
        <p className="mb-4">{t.lostLead}</p>
        <FormField
          id="lost-number"
          label={t.number}
          value={number}
          onChange={setNumber}
          error={wrong.number}
          placeholder="TKT-0042"
          required
          ltr
        />
        <FormField
          id="lost-email"
          label={t.email}
          value={email}
          onChange={setEmail}
          error={wrong.email}
          type="email"
          autoComplete="email"
          required
          ltr
        />
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <Button type="submit" kind="quiet" busy={busy}>
            {t.lostSend}
          </Button>
          <p role="status" className="text-sm text-soft">
            {told}
          </p>
        </div>
      </form>
    </details>
  );
}
