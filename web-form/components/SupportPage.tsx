"use client";

import { useEffect, useRef, useState } from "react";
import type { Schemas } from "@/lib/api";
import { company } from "@/lib/company";
import { Heading } from "./Heading";
import { Shell } from "./Shell";
import { SuccessMessage } from "./SuccessMessage";
import { SupportForm } from "./SupportForm";
import { useTexts } from "./Texts";

export function SupportPage() {
  const { t } = useTexts();
  const [ticket, setTicket] = useState<Schemas["FormAccepted"] | null>(null);
  const [person, setPerson] = useState({ name: "", email: "", phone: "" });
  const [sent, setSent] = useState(0);
  const title = useRef<HTMLHeadingElement>(null);
  const { supportAddress } = company();

  function accepted(found: Schemas["FormAccepted"], { name, email, phone }: typeof person) {
    setTicket(found);
    setPerson({ name, email, phone });
    setSent(sent + 1);
  }
  useEffect(() => {
    if (sent > 0 && !ticket) title.current?.focus();
  }, [sent, ticket]);

  return (
    <Shell page="form" title={ticket ? t.doneTitle : t.contactSupport}>
      {ticket && <SuccessMessage ticket={ticket} onAnother={() => setTicket(null)} />}
      <div hidden={ticket !== null}>
        <Heading titleRef={title} title={t.formTitle} lead={t.formLead} />
        <noscript>
          <p className="mb-5 rounded-xl bg-bad-tint px-4 py-3 text-bad">
            {t.needsScript} <a href={`mailto:${supportAddress}`}>{supportAddress}</a>
          </p>
        </noscript>
        <SupportForm key={sent} initial={person} onAccepted={accepted} />
      </div>
    </Shell>
  );
}
