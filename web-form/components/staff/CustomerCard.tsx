"use client";

import { useEffect, useState } from "react";
import { fill } from "@/lib/i18n/fill";
import type { Customer, Staff, ThreadMessage } from "@/lib/staff/client";
import { named } from "@/lib/staff/words";
import { Badge, Panel } from "./parts";
import { useSpeech } from "./Speech";

interface Props {
  id: string;
  /** The conversation that is open. */
  here: string;
  /** Another word reads the customer anew. */
  version: string;
  staff: Staff;
}

/** Who writes: identifiers with what is proved, earlier tickets, and what was written on other channels. */
export function CustomerCard({ id, here, version, staff }: Props) {
  const { t, when, number } = useSpeech();
  const [customer, setCustomer] = useState<Customer | null>(null);
  const [thread, setThread] = useState<ThreadMessage[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is why it is read again
  useEffect(() => {
    let wanted = true;
    Promise.all([staff.customer(id), staff.thread(id)]).then(
      ([found, { messages }]) => {
        if (!wanted) return;
        setCustomer(found);
        setThread(messages);
      },
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [id, version, staff]);
  if (customer === null)
    return (
      <Panel title={t.customer}>
        <p className="text-soft">{t.loading}</p>
      </Panel>
    );
  const others = customer.tickets.filter((ticket) => ticket.conversation_id !== here);
  const elsewhere = thread.filter((message) => message.conversation_id !== here);
  return (
    <>
      <Panel title={fill(t.about.customer, { name: customer.name ?? t.about.noName })}>
        <ul className="flex flex-col gap-1">
          {customer.identifiers.map((known) => (
            <li key={`${known.type}:${known.value}`} className="flex flex-wrap items-baseline gap-2 wrap-anywhere">
              <bdi>{known.value}</bdi>
              <Badge tone={known.claimed ? "warm" : "good"}>
                {known.claimed ? t.about.claimedOnly : named(t.about.proofs, String(known.tier))}
              </Badge>
            </li>
          ))}
        </ul>
        {customer.others.length > 0 && (
          <p className="mt-2 text-soft">{fill(t.about.others, { count: number(customer.others.length) })}</p>
        )}
        <p className="mt-2 text-soft">{fill(t.about.since, { time: when(customer.created_at) })}</p>
      </Panel>
      <Panel title={fill(t.about.otherTickets, { count: number(others.length) })} open={others.length > 0}>
        <ul className="flex flex-col gap-2 wrap-anywhere">
          {others.slice(0, 20).map((ticket) => (
            <li key={ticket.ticket_id}>
              <a href={`#${ticket.conversation_id}`}>{ticket.ticket_id}</a> <bdi>{ticket.subject || t.noSubject}</bdi>{" "}
              <span className="text-soft">
                {named(t.statuses, ticket.status)}, {named(t.channels, ticket.source_channel)},{" "}
                {when(ticket.created_at)}
              </span>{" "}
              {ticket.claimed && <Badge tone="warm">{t.about.claimed}</Badge>}
            </li>
          ))}
        </ul>
      </Panel>
      {elsewhere.length > 0 && (
        <Panel title={fill(t.about.elsewhere, { count: number(elsewhere.length) })} open={false}>
          <ol className="flex flex-col gap-2">
            {elsewhere.map((message) => (
              <li key={message.message_id}>
                <p className="text-xs text-soft">
                  {named(t.channels, message.channel)}, <a href={`#${message.conversation_id}`}>{message.ticket_id}</a>,{" "}
                  {named(t.authors, message.direction === "inbound" ? "customer" : message.author)},{" "}
                  {when(message.created_at)} {message.claimed && <Badge tone="warm">{t.about.claimed}</Badge>}
                </p>
                <p dir="auto" className="line-clamp-4 whitespace-pre-wrap wrap-anywhere">
                  {message.text}
                </p>
              </li>
            ))}
          </ol>
        </Panel>
      )}
    </>
  );
}
