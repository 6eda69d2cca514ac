"use client";

import { useState } from "react";
import { type ApiError, apiClient, type Schemas } from "@/lib/api";
import { company } from "@/lib/company";
import { explain } from "@/lib/explain";
import { useHash } from "@/lib/useHash";
import { opened, ticketPath, ticketQuery } from "@/lib/watchTicket";
import { Button } from "./Button";
import { Heading } from "./Heading";
import { Notice } from "./Notice";
import { Shell } from "./Shell";
import { useTexts } from "./Texts";
import { useSending } from "./useSending";

type Marked = Schemas["RatingAccepted"];

/** The page of the question by mail. Opening it marks nothing, as programs that look at links do; a button does. */
export function RatePage() {
  const { t } = useTexts();
  const hash = useHash();
  const opener = hash === null ? null : opened(hash);
  const [marked, setMarked] = useState<Marked | null>(null);
  const [notice, setNotice] = useState("");
  const { busy, run } = useSending();

  async function mark(good: boolean) {
    if (!opener) return;
    const path = ticketPath(opener, "/rating") + ticketQuery(opener);
    const waiting = () => setNotice(t.waitingForService);
    const failed = (error: ApiError) =>
      setNotice([404, 409].includes(error.status) ? t.rateGone : explain(error, t, company().supportAddress));
    const answer = await run({ good }, () => apiClient().post<Marked>(path, { good }, { waiting }), failed);
    if (!answer) return;
    setNotice("");
    setMarked(answer);
  }

  return (
    <Shell page="rate" title={t.rateAsk}>
      {marked ? (
        <Heading
          title={marked.good ? t.rateGood : t.rateBad}
          lead={marked.status === "escalated" ? t.ratePerson : ""}
        />
      ) : (
        <Heading title={t.rateAsk} />
      )}
      <Notice text={hash !== null && !opener ? t.confirmNone : notice} />
      {opener && !marked && (
        <>
          <p className="mb-5 text-soft">
            {t.ticket} <bdi className="font-mono">{opener.number}</bdi>
          </p>
          <div className="flex flex-wrap gap-3">
            <Button busy={busy} onClick={() => mark(true)}>
              {t.rateYes}
            </Button>
            <Button kind="quiet" busy={busy} onClick={() => mark(false)}>
              {t.rateNo}
            </Button>
          </div>
        </>
      )}
    </Shell>
  );
}
