"use client";

import { useCallback, useState } from "react";
import { goTo, useHash } from "@/lib/useHash";
import { type Opener, opened } from "@/lib/watchTicket";
import { Button } from "./Button";
import { FindTicket } from "./FindTicket";
import { Notice } from "./Notice";
import { Shell } from "./Shell";
import { StatusChecker } from "./StatusChecker";
import { useTexts } from "./Texts";

const NONE: Opener = { number: "", token: "" };

export function StatusPage() {
  const { t } = useTexts();
  const hash = useHash();
  const opener = hash === null ? null : opened(hash);
  const [refused, setRefused] = useState("");
  const [title, setTitle] = useState(t.ticketStatus);
  const gone = useCallback(() => setRefused(hash ?? ""), [hash]);
  const wrong = opener !== null && refused === hash;

  const other = () => {
    setTitle(t.ticketStatus);
    goTo("");
  };
  return (
    <Shell page="status" title={title}>
      <noscript>
        <p className="mb-5 rounded-xl bg-bad-tint px-4 py-3 text-bad">{t.needsScript}</p>
      </noscript>
      {hash !== null && (!opener || wrong) && (
        <>
          <Notice text={wrong ? t.notFound : ""} />
          <FindTicket key={hash} tried={opener ?? NONE} onFound={(one) => goTo(`${one.number}:${one.token}`)} />
        </>
      )}
      {opener && !wrong && (
        <>
          <StatusChecker key={hash} opener={opener} onGone={gone} onTitle={setTitle} />
          <Button kind="quiet" onClick={other}>
            {t.otherTicket}
          </Button>
        </>
      )}
    </Shell>
  );
}
