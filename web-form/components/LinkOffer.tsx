"use client";

import type { Opener } from "@/lib/watchTicket";
import { Button } from "./Button";
import { useTexts } from "./Texts";
import { useAsked } from "./useAsked";

/** Offers to link the address and the number of a form. The answer is the same for every ticket: it reveals nobody. */
export function LinkOffer({ opener, endpoint }: { opener: Opener; endpoint?: string }) {
  const { t } = useTexts();
  const { busy, told, ask } = useAsked(endpoint);
  const body = { ticket_id: opener.number, token: opener.token };
  const link = () =>
    ask(body, (api, key, waiting) => api.postOnce("/identity/links", body, key, { waiting }), t.linkAsked);
  return (
    <details className="mb-6">
      <summary className="text-accent">{t.linkTitle}</summary>
      <p className="my-3 max-w-2xl">{t.linkLead}</p>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button kind="quiet" busy={busy} onClick={link}>
          {t.link}
        </Button>
        <p role="status" className="text-sm text-soft">
          {told}
        </p>
      </div>
    </details>
  );
}
