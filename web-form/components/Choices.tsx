"use client";

import { useState } from "react";
import { apiClient, type Schemas } from "@/lib/api";
import { company } from "@/lib/company";
import { explain } from "@/lib/explain";
import { type Opener, type Ticket, ticketPath, ticketQuery } from "@/lib/watchTicket";
import { Button } from "./Button";
import { Notice } from "./Notice";
import { useTexts } from "./Texts";
import { useSending } from "./useSending";

interface Props {
  ticket: Ticket;
  opener: Opener;
  onSent: () => void;
  endpoint?: string;
}

/** What the desk asked the customer to choose from, as buttons; the words of one are the reply. */
export function Choices({ ticket, opener, onSent, endpoint }: Props) {
  const { t } = useTexts();
  const { busy, run } = useSending();
  const [notice, setNotice] = useState("");

  async function choose(message: string) {
    if (busy) return;
    setNotice("");
    const path = ticketPath(opener, "/messages") + ticketQuery(opener);
    const values = { message, said: ticket.messages.length };
    const sent = await run(
      values,
      (key) => apiClient(endpoint).postOnce<Schemas["ReplyAccepted"]>(path, values, key, { waiting: () => {} }),
      (error) => setNotice(explain(error, t, company().supportAddress)),
    );
    if (sent) onSent();
  }

  return (
    <section aria-labelledby="choices" className="mb-6">
      <h2 id="choices" className="mb-2 font-medium">
        {t.chooseOne}
      </h2>
      <Notice text={notice} />
      <ul className="flex flex-wrap gap-2">
        {ticket.choices?.map((choice) => (
          <li key={choice}>
            <Button kind="quiet" busy={busy} onClick={() => choose(choice)}>
              {choice}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
