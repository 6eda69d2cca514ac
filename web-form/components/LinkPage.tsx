"use client";

import { useEffect, useState } from "react";
import { ApiError, apiClient, type Schemas, submissionKeys } from "@/lib/api";
import { company } from "@/lib/company";
import { explain } from "@/lib/explain";
import type { Messages } from "@/lib/i18n/en";
import { fill } from "@/lib/i18n/fill";
import { useHash } from "@/lib/useHash";
import { Button } from "./Button";
import { Heading } from "./Heading";
import { Notice } from "./Notice";
import { Shell } from "./Shell";
import { useTexts } from "./Texts";
import { useSending } from "./useSending";

type Offer = Schemas["LinkOffer"];
type Confirmed = Schemas["LinkConfirmed"];

/** The page of a one-time link. Opening it changes nothing; only the button confirms. */
export function LinkPage() {
  const { t } = useTexts();
  const token = useHash();
  const [offer, setOffer] = useState<Offer | null>(null);
  const [done, setDone] = useState<Confirmed["status"] | null>(null);
  const [notice, setNotice] = useState("");
  const { busy, run } = useSending();
  const [keyOf] = useState(submissionKeys);

  const why = (error: ApiError) => (error.status === 404 ? t.confirmGone : explain(error, t, company().supportAddress));

  useEffect(() => {
    if (!token) return;
    const stop = new AbortController();
    const body = { token }; // in the body, not in a URL: proxies log URLs
    apiClient()
      .postOnce<Offer>("/identity/links/look", body, keyOf(body), {
        signal: stop.signal,
        waiting: () => setNotice(t.waitingForService),
      })
      .then((found) => {
        setNotice("");
        setOffer(found);
      })
      .catch((error) => {
        if (error instanceof ApiError)
          setNotice(error.status === 404 ? t.confirmGone : explain(error, t, company().supportAddress));
      });
    return () => stop.abort();
  }, [token, t, keyOf]);

  async function confirm() {
    const body = { token };
    const waiting = () => setNotice(t.waitingForService);
    const call = (key: string) => apiClient().postOnce<Confirmed>("/identity/links/confirm", body, key, { waiting });
    const answer = await run(body, call, (error) => setNotice(why(error)));
    if (!answer) return;
    setNotice("");
    setDone(answer.status);
  }

  return (
    <Shell page="link" title={t.confirmTitle}>
      {!offer && <Heading title={t.confirmTitle} />}
      <Notice text={token === "" ? t.confirmNone : notice} />
      {done && <Heading title={t.confirmed[done].title} lead={t.confirmed[done].text} />}
      {offer && !done && (
        <>
          <Heading
            title={t.confirmTitle}
            lead={fill(t.confirmSentTo, { yours: offer.yours, other: otherEnd(offer, t) })}
          />
          <p className="mb-5">{t.confirmLead}</p>
          <Button busy={busy} onClick={confirm}>
            {t.confirm}
          </Button>
          <p className="mt-5 text-sm text-soft">{t.confirmNot}</p>
        </>
      )}
    </Shell>
  );
}

/** Name the other end of a link by the hint that the product gives of it: "ends in 0123", "begins with a". */
function otherEnd({ side, other }: Offer, t: Messages): string {
  const part = other.split(" ").at(-1) ?? "";
  if (side === "email") return fill(t.otherNumber, { part });
  return other.startsWith("begins with") ? fill(t.otherEmail, { part }) : t.otherEmailGiven;
}
