"use client";

import { useEffect, useRef } from "react";
import type { Messages } from "@/lib/i18n/en";
import { useTicket } from "@/lib/useTicket";
import { conversation, type Opener, type Ticket } from "@/lib/watchTicket";
import { when } from "@/lib/when";
import { Bubble } from "./Bubble";
import { buttonLook } from "./Button";
import { Choices } from "./Choices";
import { Heading } from "./Heading";
import { LinkOffer } from "./LinkOffer";
import { Notice } from "./Notice";
import { RateTicket } from "./RateTicket";
import { ReplyForm } from "./ReplyForm";
import { useTexts } from "./Texts";

const BADGES: Record<Ticket["status"], string> = {
  open: "bg-tint text-accent-strong",
  processing: "bg-tint text-accent-strong",
  waiting: "bg-good-tint text-good",
  escalated: "bg-warm-tint text-warm",
  resolved: "bg-good-tint text-good",
  closed: "bg-edge text-soft",
};

/** In which a ticket has an answer that can be marked. */
const RATED: Ticket["status"][] = ["waiting", "resolved", "closed"];

interface Props {
  opener: Opener;
  /** Number and token do not fit together. */
  onGone: () => void;
  /** Shows the badge of a status in the window's title. */
  onTitle: (title: string) => void;
  endpoint?: string;
}

/** A ticket with its conversation; the answer appears by itself, and the customer can write back. */
export function StatusChecker({ opener, onGone, onTitle, endpoint }: Props) {
  const { t, language } = useTexts();
  const { ticket, state, look } = useTicket(opener, endpoint);
  const title = useRef<HTMLHeadingElement>(null);
  const loaded = ticket !== null;

  useEffect(() => {
    if (state === "gone") onGone();
  }, [state, onGone]);
  useEffect(() => {
    if (loaded) title.current?.focus();
  }, [loaded]);
  useEffect(() => {
    if (ticket) onTitle(`${ticket.ticket_id}: ${t.statuses[ticket.status].badge}`);
  }, [ticket, t, onTitle]);

  const notice = state === "away" ? t.unreachable : "";
  if (!ticket)
    return (
      <>
        <Notice text={notice} />
        {state === "loading" && <p className="text-soft">{t.oneMoment}</p>}
      </>
    );
  const working = ticket.status === "open" || ticket.status === "processing";
  const asked = Boolean(ticket.choices?.length) && ticket.status !== "closed";
  return (
    <>
      <Notice text={notice} />
      <p className="mb-1 flex items-center gap-3">
        <bdi className="font-mono text-sm text-soft">{ticket.ticket_id}</bdi>
        <span className={`rounded-full px-2.5 py-0.5 text-sm font-semibold ${BADGES[ticket.status]}`}>
          {t.statuses[ticket.status].badge}
        </span>
      </p>
      <Heading title={ticket.subject} titleRef={title} />
      <p role="status" className="mb-5 text-lg text-soft">
        {t.statuses[ticket.status].text}
      </p>
      <Facts ticket={ticket} />
      <h2 id="talk" className="mt-8 mb-3 text-lg font-semibold">
        {t.conversation}
      </h2>
      <div role="log" aria-labelledby="talk">
        <ol className="mb-6 grid gap-4">
          {conversation(ticket).map((said) => (
            <Bubble key={`${said.author} ${said.at}`} {...said} language={language} t={t} />
          ))}
        </ol>
      </div>
      {working && <Working t={t} />}
      {asked && <Choices ticket={ticket} opener={opener} onSent={look} endpoint={endpoint} />}
      {!asked && RATED.includes(ticket.status) && (
        <RateTicket ticket={ticket} opener={opener} onRated={look} endpoint={endpoint} />
      )}
      {ticket.status === "closed" ? (
        <div className="mb-6 flex flex-wrap items-center justify-between gap-3 rounded-xl bg-tint px-4 py-3">
          <p>{t.closedLead}</p>
          <a href="/" className={buttonLook("quiet")}>
            {t.newRequest}
          </a>
        </div>
      ) : (
        <ReplyForm opener={opener} said={ticket.messages.length} onSent={look} endpoint={endpoint} />
      )}
      {ticket.source_channel === "web_form" && <LinkOffer opener={opener} endpoint={endpoint} />}
    </>
  );
}

function Facts({ ticket }: { ticket: Ticket }) {
  const { t, language } = useTexts();
  const categories: Record<string, string> = t.categories;
  const facts = [
    [t.about, categories[ticket.category] ?? ticket.category],
    [t.urgency, t.priorityNames[ticket.priority]],
    [t.opened, when(ticket.created_at, language)],
  ];
  return (
    <dl className="flex flex-wrap gap-x-9 gap-y-3 border-y border-edge py-3.5">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="text-sm text-soft">{name}</dt>
          <dd className="font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Working({ t }: { t: Messages }) {
  return (
    <p className="mb-6 flex items-center gap-3 text-soft">
      <span aria-hidden="true" className="inline-flex gap-1">
        {["", "[animation-delay:.2s]", "[animation-delay:.4s]"].map((delay) => (
          <span key={delay} className={`size-2 animate-pulse rounded-full bg-accent ${delay}`} />
        ))}
      </span>
      {t.working}
    </p>
  );
}
