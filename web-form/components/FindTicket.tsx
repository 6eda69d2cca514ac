"use client";

import { type FormEvent, useState } from "react";
import { trimmed } from "@/lib/validation";
import type { Opener } from "@/lib/watchTicket";
import { Button } from "./Button";
import { Card } from "./Card";
import { FormField } from "./FormField";
import { Heading } from "./Heading";
import { LostLink } from "./LostLink";
import { useTexts } from "./Texts";

export const NUMBER = /^TKT-[0-9]{4,18}$/;

/** Asks for a ticket's number and token. */
export function FindTicket({ tried, onFound }: { tried: Opener; onFound: (opener: Opener) => void }) {
  const { t } = useTexts();
  const [number, setNumber] = useState(tried.number);
  const [token, setToken] = useState(tried.token);
  const [wrong, setWrong] = useState({ number: "", token: "" });

  function show(event: FormEvent) {
    event.preventDefault();
    const opener = { number: trimmed(number).toUpperCase(), token: trimmed(token) };
    const found = {
      number: NUMBER.test(opener.number) ? "" : t.problems.number,
      token: opener.token ? "" : t.problems.empty,
    };
    setWrong(found);
    if (found.number || found.token) document.getElementById(found.number ? "number" : "token")?.focus();
    else onFound(opener);
  }

  return (
    <>
      <Heading title={t.findTitle} lead={t.findLead} />
      <Card className="mb-6">
        <form noValidate onSubmit={show}>
          <FormField
            id="number"
            label={t.number}
            value={number}
            onChange={setNumber}
            error={wrong.number}
            placeholder="TKT-0042"
            required
            ltr
          />
          <FormField
            id="token"
            label={t.token}
            hint={t.tokenHint}
            value={token}
            onChange={setToken}
            error={wrong.token}
            required
            ltr
          />
          <Button type="submit">{t.show}</Button>
        </form>
      </Card>
      <LostLink />
    </>
  );
}
