"use client";

import { useState } from "react";
import { type Opener, type Ticket, ticketPath, ticketQuery } from "@/lib/watchTicket";
import { Button } from "./Button";
import { useTexts } from "./Texts";
import { useAsked } from "./useAsked";

const PRESSED = "aria-pressed:border-accent aria-pressed:bg-tint";

interface Props {
  ticket: Ticket;
  opener: Opener;
  /** It was marked: the ticket may have another status now. */
  onRated: () => void;
  endpoint?: string;
}

/** One question under an answered ticket: was that any help? The last mark counts. */
export function RateTicket({ ticket, opener, onRated, endpoint }: Props) {
  const { t } = useTexts();
  const { busy, told, ask } = useAsked(endpoint);
  const [mark, setMark] = useState(ticket.rated_good ?? null);

  async function rate(good: boolean) {
    const path = ticketPath(opener, "/rating") + ticketQuery(opener);
    await ask(
      { good },
      async (api, _key, waiting) => {
        await api.post(path, { good }, { waiting });
        setMark(good);
        onRated();
      },
      good ? t.rateGood : t.rateBad,
    );
  }

  return (
    <section aria-labelledby="rate" className="mb-6 flex flex-wrap items-center gap-x-4 gap-y-2">
      <p id="rate" className="font-medium">
        {t.rateAsk}
      </p>
      <span className="flex gap-2">
        <Button kind="quiet" busy={busy} aria-pressed={mark === true} className={PRESSED} onClick={() => rate(true)}>
          {t.rateYes}
        </Button>
        <Button kind="quiet" busy={busy} aria-pressed={mark === false} className={PRESSED} onClick={() => rate(false)}>
          {t.rateNo}
        </Button>
      </span>
      <p role="status" className="text-sm text-soft">
        {told}
      </p>
    </section>
  );
}
