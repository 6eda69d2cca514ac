"use client";

import { useEffect, useRef } from "react";
import type { Summary } from "@/lib/staff/client";
import { CHANNELS, clock, span, words } from "@/lib/staff/words";
import { Badge, severityTone, Tool } from "./parts";

interface Props {
  title: string;
  rows: Summary[] | null;
  more: boolean;
  selected: string | null;
  me: string;
  now: number;
  onMore: () => void;
}

/** The list of conversations; the address leads to the one that is open. */
export function Queue({ title, rows, more, selected, me, now, onMore }: Props) {
  return (
    <nav aria-label={title} className="min-h-0 flex-1 overflow-y-auto">
      {rows === null && <p className="p-4 text-sm text-soft">Loading …</p>}
      {rows?.length === 0 && <p className="p-4 text-sm text-soft">Nothing here.</p>}
      <ul>
        {rows?.map((row) => (
          <Row key={row.conversation_id} row={row} chosen={row.conversation_id === selected} me={me} now={now} />
        ))}
      </ul>
      {more && (
        <div className="p-3">
          <Tool onClick={onMore}>Show more</Tool>
        </div>
      )}
    </nav>
  );
}

function Row({ row, chosen, me, now }: { row: Summary; chosen: boolean; me: string; now: number }) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (chosen) link.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const due = clock(row, now);
  const age = span((now - Date.parse(row.handed_over_at ?? row.last_at ?? row.updated_at)) / 1000);
  const others = row.looking.filter((name) => name !== me);
  const has = row.assignee === me ? "you" : (row.assignee ?? (row.owner === "agent" ? "agent" : "nobody yet"));
  return (
    <li>
      <a
        ref={link}
        href={`#${row.conversation_id}`}
        aria-current={chosen ? "true" : undefined}
        className="block border-b border-edge px-4 py-2.5 text-text no-underline hover:bg-tint aria-[current]:bg-tint"
      >
        <span className="flex items-baseline justify-between gap-2 text-xs text-soft">
          <span className="font-mono">{row.ticket_id}</span>
          <span>{age}</span>
        </span>
        <span dir="auto" className="line-clamp-1 font-medium wrap-anywhere">
          {row.subject || row.last_text || "(no subject)"}
        </span>
        <span className="line-clamp-1 text-sm wrap-anywhere text-soft">
          {row.customer_name ?? row.sender.split(":").slice(1).join(":")} · {CHANNELS[row.channel]} · {has}
        </span>
        <span className="mt-1 flex flex-wrap gap-1">
          {row.severity && row.owner === "staff" && <Badge tone={severityTone(row.severity)}>{row.severity}</Badge>}
          {row.queue && row.owner === "staff" && row.queue !== row.escalation_reason && <Badge>{row.queue}</Badge>}
          {row.escalation_reason && <Badge>{words(row.escalation_reason)}</Badge>}
          {due && <Badge tone={due.tone === "soft" ? "plain" : due.tone}>{due.text}</Badge>}
          {row.drafts > 0 && <Badge tone="accent">{row.drafts} to approve</Badge>}
          {others.length > 0 && <Badge tone="good">{others.join(", ")} looking</Badge>}
        </span>
      </a>
    </li>
  );
}
