"use client";

import { type ReactNode, type RefObject, useRef, useState } from "react";
import type { Staff, Step, Talk } from "@/lib/staff/client";
import { CATEGORIES, CHANNELS, clock, SEVERITIES, when, words } from "@/lib/staff/words";
import { Mood } from "./Mood";
import { Badge, Key, severityTone, Tool } from "./parts";
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
  const ticket = talk.tickets.at(-1);
  if (!ticket) return null;
  const can = possible(talk, me);
  const due = clock(ticket, now);
  const scores = talk.messages.flatMap(({ sentiment }) => (sentiment === null ? [] : [sentiment]));
  const has = talk.assignee === me ? "you have it" : talk.assignee ? `${talk.assignee} has it` : "";
  return (
    <>
      <header className="border-b border-edge bg-card px-4 py-3">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm text-soft">
          <Tool className="lg:hidden" onClick={onBack}>
            Back
          </Tool>
          <span className="font-mono">{ticket.ticket_id}</span>
          <Badge tone={ticket.status === "resolved" ? "good" : "plain"}>{words(ticket.status)}</Badge>
          {ticket.severity && talk.owner === "staff" && (
            <Badge tone={severityTone(ticket.severity)}>{ticket.severity}</Badge>
          )}
          {ticket.queue && talk.owner === "staff" && <Badge>{ticket.queue}</Badge>}
          {due && <Badge tone={due.tone === "soft" ? "plain" : due.tone}>{due.text}</Badge>}
          <span>{has || (talk.owner === "agent" ? "the agent has it" : "nobody has it yet")}</span>
          {looking.length > 0 && <Badge tone="good">{looking.join(", ")} looking</Badge>}
        </p>
        <h2 dir="auto" ref={title} tabIndex={-1} className="text-lg font-semibold wrap-anywhere focus:outline-none">
          {ticket.subject || "(no subject)"}
        </h2>
        <p className="text-sm wrap-anywhere text-soft">
          {talk.customer_name ?? "Customer"} by {CHANNELS[talk.channel]}, {talk.sender.split(":").slice(1).join(":")}
          {talk.sender_verified ? "" : " (not proved)"}, since{" "}
          <time dateTime={talk.created_at}>{when(talk.created_at)}</time>
        </p>
        <Mood scores={scores} trend={talk.sentiment_trend} />
        <div className="mt-2 flex flex-wrap items-center gap-2">
          {can.takeOver && (
            <Tool hint="t" disabled={busy} onClick={() => onStep("take-over")}>
              Take over
            </Tool>
          )}
          {can.release && (
            <Tool hint="u" disabled={busy} onClick={() => onStep("release")}>
              Give back
            </Tool>
          )}
          {can.resolve && (
            <Tool hint="e" disabled={busy} onClick={() => onStep("resolve")}>
              Resolve
            </Tool>
          )}
          {can.close && (
            <Tool hint="x" disabled={busy} onClick={() => confirm(FINAL) && onStep("close")}>
              Close
            </Tool>
          )}
          <Choice
            label="Category"
            hint="g"
            value={ticket.category}
            of={CATEGORIES}
            busy={busy}
            onChange={(category) => onStep("label", { category })}
          />
          <Choice
            label="Priority"
            hint="p"
            value={ticket.priority}
            of={SEVERITIES}
            busy={busy}
            onChange={(priority) => onStep("label", { priority })}
          />
        </div>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section tabIndex={0} aria-label="What was written" className="min-h-24 flex-1 overflow-y-auto p-4" data-scroll>
        {ticket.summary && (
          <section aria-label="Hand-over" className="mb-4 rounded-xl bg-warm-tint px-4 py-3 text-sm text-warm">
            <b>{ticket.escalation_reason ? `Handed over: ${words(ticket.escalation_reason)}` : "Handed over"}</b>
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

export const FINAL = "Close it for good? What the customer writes next opens a new conversation.";

interface ChoiceProps {
  label: string;
  /** The key that leads to it. */
  hint: string;
  value: string;
  of: string[];
  busy: boolean;
  onChange: (value: string) => void;
}

/** A label of the ticket that can be corrected: by the mouse at once, by keys with Enter or on leaving it. */
function Choice({ label, hint, value, of, busy, onChange }: ChoiceProps) {
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
        id={label.toLowerCase()}
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
            {words(code)}
          </option>
        ))}
      </select>
      <Key>{hint}</Key>
    </span>
  );
}
