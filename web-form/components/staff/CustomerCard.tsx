"use client";

import { useEffect, useState } from "react";
import type { Customer, Staff, ThreadMessage } from "@/lib/staff/client";
import { CHANNELS, when, words } from "@/lib/staff/words";
import { Badge, Panel } from "./parts";

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
      <Panel title="Customer">
        <p className="text-soft">Loading …</p>
      </Panel>
    );
  const others = customer.tickets.filter((ticket) => ticket.conversation_id !== here);
  const elsewhere = thread.filter((message) => message.conversation_id !== here);
  return (
    <>
      <Panel title={`Customer: ${customer.name ?? "no name"}`}>
        <ul className="flex flex-col gap-1">
          {customer.identifiers.map((known) => (
            <li key={`${known.type}:${known.value}`} className="flex flex-wrap items-baseline gap-2 wrap-anywhere">
              <span>{known.value}</span>
              <Badge tone={known.claimed ? "warm" : "good"}>{known.claimed ? "claimed only" : PROOF[known.tier]}</Badge>
            </li>
          ))}
        </ul>
        {customer.others.length > 0 && (
          <p className="mt-2 text-soft">{`${customer.others.length} other customers have one of these.`}</p>
        )}
        <p className="mt-2 text-soft">{`Known since ${when(customer.created_at)}`}</p>
      </Panel>
      <Panel title={`Other tickets (${others.length})`} open={others.length > 0}>
        <ul className="flex flex-col gap-2">
          {others.slice(0, 20).map((ticket) => (
            <li key={ticket.ticket_id}>
              <a href={`#${ticket.conversation_id}`}>{ticket.ticket_id}</a> {ticket.subject || "(no subject)"}{" "}
              <span className="text-soft">
                {words(ticket.status)}, {CHANNELS[ticket.source_channel]}, {when(ticket.created_at)}
              </span>{" "}
              {ticket.claimed && <Badge tone="warm">claimed</Badge>}
            </li>
          ))}
        </ul>
      </Panel>
      {elsewhere.length > 0 && (
        <Panel title={`Written elsewhere (${elsewhere.length})`} open={false}>
          <ol className="flex flex-col gap-2">
            {elsewhere.map((message) => (
              <li key={message.message_id}>
                <p className="text-xs text-soft">
                  {CHANNELS[message.channel]}, <a href={`#${message.conversation_id}`}>{message.ticket_id}</a>,{" "}
                  {message.direction === "inbound" ? "customer" : message.author}, {when(message.created_at)}{" "}
                  {message.claimed && <Badge tone="warm">claimed</Badge>}
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

const PROOF: Record<number, string> = { 1: "verified", 2: "linked", 3: "by staff" };
