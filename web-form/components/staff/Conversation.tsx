"use client";

import { type ReactNode, type RefObject, useRef, useState } from "react";
import { fill } from "@/lib/i18n/fill";
import type { Staff, Step, Talk } from "@/lib/staff/client";
import { CATEGORIES, named, SEVERITIES } from "@/lib/staff/words";
import { Mood } from "./Mood";
import { Badge, Key, severityTone, Tool } from "./parts";
import { useSpeech } from "./Speech";
import { Thread } from "./Thread";

interface Props {
  talk: Talk;
  staff: Staff;
  me: string;
  now: number;
  busy: boolean;
  /** Others who have it open. */
  looking: string[];
  title: RefObject<HTMLHeadingElement | null>;
  onStep: (step: Step, body?: object) => void;
  onBack: () => void;
  /** The drafts, below the messages. */
  children: ReactNode;
}

/** What can be done with a conversation now. */
export function possible(talk: Talk, me: string) {
  const ticket = talk.tickets.at(-1);
  const open = talk.status !== "closed";
  return {
    takeOver: open && talk.assignee !== me,
    release: open && talk.owner === "staff",
    resolve: open && ticket !== undefined && !["resolved", "closed"].includes(ticket.status),
    close: open,
    reply: open,
    draft: open && talk.owner === "staff",
  };
}

/** A conversation: what it is about, what can be done, its hand-over, its messages. */
export function Conversation({ talk, staff, me, now, busy, looking, title, onStep, onBack, children }: Props) {
  const { t, when, clock, list } = useSpeech();
  const ticket = talk.tickets.at(-1);
  if (!ticket) return null;
  const can = possible(talk, me);
  const due = clock(ticket, now);
  const scores = talk.messages.flatMap(({ sentiment }) => (sentiment === null ? [] : [sentiment]));
  const has = talk.assignee === me ? t.talk.youHave : talk.assignee && fill(t.talk.hasIt, { name: talk.assignee });
  const who = {
    name: talk.customer_name ?? t.customer,
    channel: named(t.channels, talk.channel),
    sender: talk.sender.split(":").slice(1).join(":"),
    time: when(talk.created_at),
  };
  return (
    <>
      <header className="border-b border-edge bg-card px-4 py-3">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm text-soft">
          <Tool className="lg:hidden" onClick={onBack}>
            {t.back}
          </Tool>
          <span className="font-mono">{ticket.ticket_id}</span>
          <Badge tone={ticket.status === "resolved" ? "good" : "plain"}>{named(t.statuses, ticket.status)}</Badge>
          {ticket.severity && talk.owner === "staff" && (
            <Badge tone={severityTone(ticket.severity)}>{named(t.severities, ticket.severity)}</Badge>
          )}
          {ticket.queue && talk.owner === "staff" && <Badge>{named(t.queues, ticket.queue)}</Badge>}
          {due && <Badge tone={due.tone === "soft" ? "plain" : due.tone}>{due.text}</Badge>}
          <span>{has || (talk.owner === "agent" ? t.talk.agentHas : t.talk.nobodyHas)}</span>
          {looking.length > 0 && <Badge tone="good">{fill(t.row.looking, { names: list(looking) })}</Badge>}
        </p>
        <h2 dir="auto" ref={title} tabIndex={-1} className="text-lg font-semibold wrap-anywhere focus:outline-none">
          {ticket.subject || t.noSubject}
        </h2>
        <p className="text-sm wrap-anywhere text-soft">
          {fill(talk.sender_verified ? t.talk.about : t.talk.aboutUnproved, who)}
        </p>
        <div className="mt-1 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <Mood scores={scores} trend={talk.sentiment_trend} />
          <span className="flex flex-wrap gap-2">
            <Choice
              id="category"
              label={t.talk.category}
              hint="g"
              value={ticket.category}
              of={CATEGORIES}
              names={t.categories}
              busy={busy}
              onChange={(category) => onStep("label", { category })}
            />
            <Choice
              id="priority"
              label={t.talk.priority}
              hint="p"
              value={ticket.priority}
              of={SEVERITIES}
              names={t.severities}
              busy={busy}
              onChange={(priority) => onStep("label", { priority })}
            />
          </span>
        </div>
        <div className="mt-2 flex flex-wrap items-center gap-2">
          {can.takeOver && (
            <Tool hint="t" disabled={busy} onClick={() => onStep("take-over")}>
              {t.talk.takeOver}
            </Tool>
          )}
          {can.release && (
            <Tool hint="u" disabled={busy} onClick={() => onStep("release")}>
              {t.talk.release}
            </Tool>
          )}
          {can.resolve && (
            <Tool hint="e" disabled={busy} onClick={() => onStep("resolve")}>
              {t.talk.resolve}
            </Tool>
          )}
          {can.close && (
            <Tool hint="x" disabled={busy} onClick={() => confirm(t.talk.closeAsk) && onStep("close")}>
              {t.talk.close}
            </Tool>
          )}
        </div>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section tabIndex={0} aria-label={t.talk.written} className="min-h-24 flex-1 overflow-y-auto p-4" data-scroll>
        {ticket.summary && (
          <section aria-label={t.talk.handOver} className="mb-4 rounded-xl bg-warm-tint px-4 py-3 text-sm text-warm">
            <b>
              {ticket.escalation_reason
                ? fill(t.talk.handedOverFor, { reason: named(t.reasons, ticket.escalation_reason) })
                : t.talk.handedOver}
            </b>
            <p dir="auto" className="whitespace-pre-wrap wrap-anywhere">
              {ticket.summary}
            </p>
          </section>
        )}
        <Thread talk={talk} staff={staff} />
        {children}
      </section>
    </>
  );
}

interface ChoiceProps {
  id: string;
  label: string;
  /** The key that leads to it. */
  hint: string;
  value: string;
  of: string[];
  names: Record<string, string>;
  busy: boolean;
  onChange: (value: string) => void;
}

/** A label of the ticket that can be corrected: by the mouse at once, by keys with Enter or on leaving it. */
function Choice({ id, label, hint, value, of, names, busy, onChange }: ChoiceProps) {
  const [wanted, setWanted] = useState<string | null>(null);
  // Escape is followed by leaving the field before the page is drawn again: what leaving stores must know of it.
  const held = useRef<string | null>(null);
  const byKey = useRef(false);
  const hold = (code: string | null) => {
    held.current = code;
    setWanted(code);
  };
  const commit = (code: string | null) => {
    hold(null);
    if (code && code !== value) onChange(code);
  };
  return (
    <span className="inline-flex items-center gap-1">
      <select
        id={id}
        aria-label={label}
        aria-keyshortcuts={hint}
        value={wanted ?? value}
        disabled={busy}
        onPointerDown={() => {
          byKey.current = false;
        }}
        onKeyDown={(event) => {
          byKey.current = true;
          if (event.key === "Enter") commit(held.current);
          if (event.key === "Escape") hold(null);
        }}
        onChange={(event) => (byKey.current ? hold(event.target.value) : commit(event.target.value))}
        onBlur={() => commit(held.current)}
        className="min-h-9 rounded-lg border border-line bg-card px-2 py-1 text-sm"
      >
        {[...new Set([...of, value])].map((code) => (
          <option key={code} value={code}>
            {named(names, code)}
          </option>
        ))}
      </select>
      <Key>{hint}</Key>
    </span>
  );
}
