"use client";

import { useEffect, useRef } from "react";
import { fill } from "@/lib/i18n/fill";
import type { Summary } from "@/lib/staff/client";
import { named } from "@/lib/staff/words";
import { Badge, severityTone, Tool } from "./parts";
import { useSpeech } from "./Speech";

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
  const { t } = useSpeech();
  return (
    <nav aria-label={title} className="min-h-0 flex-1 overflow-y-auto">
      {rows === null && <p className="p-4 text-sm text-soft">{t.loading}</p>}
      {rows?.length === 0 && <p className="p-4 text-sm text-soft">{t.lists.empty}</p>}
      <ul>
        {rows?.map((row) => (
          <Row key={row.conversation_id} row={row} chosen={row.conversation_id === selected} me={me} now={now} />
        ))}
      </ul>
      {more && (
        <div className="p-3">
          <Tool onClick={onMore}>{t.lists.more}</Tool>
        </div>
      )}
    </nav>
  );
}

function Row({ row, chosen, me, now }: { row: Summary; chosen: boolean; me: string; now: number }) {
  const { t, clock, span, number, list } = useSpeech();
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (chosen) link.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const due = clock(row, now);
  const age = span((now - Date.parse(row.handed_over_at ?? row.last_at ?? row.updated_at)) / 1000);
  const others = row.looking.filter((name) => name !== me);
  const has = row.assignee === me ? t.row.you : (row.assignee ?? (row.owner === "agent" ? t.row.agent : t.row.nobody));
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
          {row.subject || row.last_text || t.noSubject}
        </span>
        <span className="line-clamp-1 text-sm wrap-anywhere text-soft">
          <bdi>{row.customer_name ?? row.sender.split(":").slice(1).join(":")}</bdi> · {named(t.channels, row.channel)}{" "}
          · <bdi>{has}</bdi>
        </span>
        <span className="mt-1 flex flex-wrap gap-1">
          {row.severity && row.owner === "staff" && (
            <Badge tone={severityTone(row.severity)}>{named(t.severities, row.severity)}</Badge>
          )}
          {row.queue && row.owner === "staff" && row.queue !== row.escalation_reason && (
            <Badge>{named(t.queues, row.queue)}</Badge>
          )}
          {row.escalation_reason && <Badge>{named(t.reasons, row.escalation_reason)}</Badge>}
          {due && <Badge tone={due.tone === "soft" ? "plain" : due.tone}>{due.text}</Badge>}
          {row.drafts > 0 && <Badge tone="accent">{fill(t.row.toApprove, { count: number(row.drafts) })}</Badge>}
          {others.length > 0 && <Badge tone="good">{fill(t.row.looking, { names: list(others) })}</Badge>}
        </span>
      </a>
    </li>
  );
}
