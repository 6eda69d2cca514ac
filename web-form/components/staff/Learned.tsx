"use client";

import { useCallback, useRef, useState } from "react";
import { ApiError } from "@/lib/api";
import { fill } from "@/lib/i18n/fill";
import type { LearnedAction, LearnedEntry, Staff } from "@/lib/staff/client";
import { useShortcuts } from "@/lib/staff/useShortcuts";
import { type Approval, type Doubt, LearnedCard } from "./LearnedCard";
import { Tool } from "./parts";
import { useSpeech } from "./Speech";
import { useLearned } from "./useLearned";

interface Props {
  staff: Staff;
  onChanged: () => void;
  onSaid: (text: string, bad?: boolean) => void;
}

/** What was learned from people's answers: candidates to decide on, and what is in the knowledge base by now. */
export function Learned({ staff, onChanged, onSaid }: Props) {
  const { t, number, why } = useSpeech();
  const words = t.learned;
  const failed = useCallback((error: unknown) => onSaid(why(error), true), [onSaid, why]);
  const list = useLearned(staff, failed);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<{ id: string; doubts: Doubt[] } | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const { entries, open, state } = list;
  const reviewing = state === "candidate";

  async function decide(entry: LearnedEntry, action: LearnedAction, body: object = {}) {
    setBusy(true);
    setRefused(null);
    onSaid("");
    try {
      await staff.decideLearned(entry.entry_id, action, entry.version, body);
      onSaid(words.done[action]);
      await list.load();
    } catch (error) {
      failed(error);
      const known = error instanceof ApiError && ["CONFIRM", "MUST_EDIT"].includes(error.code);
      if (known) setRefused({ id: entry.entry_id, doubts: doubtsOf(error) });
      else await list.load();
    } finally {
      setBusy(false);
      onChanged();
    }
  }
  const approve = (approval: Approval) => open && decide(open, "approve", approval);

  useShortcuts({
    j: () => list.step(1),
    k: () => list.step(-1),
    v: () => list.show(reviewing ? "approved" : "candidate"),
    // The card knows whether that may be done by one key.
    a: open && reviewing ? () => document.querySelector<HTMLElement>("[data-approve]")?.click() : null,
    d: open && reviewing ? () => box.current?.focus() : null,
    x: open && !busy ? () => decide(open, reviewing ? "reject" : "withdraw") : null,
  });

  return (
    <div className="mx-auto flex w-full max-w-2xl flex-col gap-4 p-4">
      <header className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="text-lg font-semibold">{reviewing ? words.review : words.live}</h2>
        <Tool hint="v" onClick={() => list.show(reviewing ? "approved" : "candidate")}>
          {reviewing ? words.live : words.review}
        </Tool>
      </header>
      {!list.learning && <p className="text-soft">{words.off}</p>}
      {!entries && <p className="text-soft">{t.loading}</p>}
      {entries?.length === 0 && list.learning && <p className="text-soft">{t.none}</p>}
      <ol aria-label={reviewing ? words.review : words.live} className="flex flex-col gap-3">
        {entries?.map((entry) => (
          <li key={entry.entry_id}>
            {entry !== open && (
              <button type="button" className="w-full text-start wrap-anywhere" onClick={() => list.go(entry)}>
                <bdi>{entry.title}</bdi>{" "}
                <span className="text-sm text-soft">
                  {fill(words.customers, { customers: number(entry.customers) })}
                </span>
              </button>
            )}
            {entry === open && reviewing && (
              <LearnedCard
                key={entry.version}
                entry={entry}
                busy={busy}
                refused={refused?.id === entry.entry_id ? refused.doubts : null}
                box={box}
                onApprove={approve}
                onReject={() => decide(entry, "reject")}
              />
            )}
            {entry === open && !reviewing && (
              <Live entry={entry} busy={busy} onWithdraw={() => decide(entry, "withdraw")} />
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

const doubtsOf = (error: ApiError): Doubt[] =>
  error.details.map(({ field, message }) => ({ code: field, detail: message, blocks: error.code === "MUST_EDIT" }));

interface LiveProps {
  entry: LearnedEntry;
  busy: boolean;
  onWithdraw: () => void;
}

/** An entry that is in the knowledge base, with what has rested on it. */
function Live({ entry, busy, onWithdraw }: LiveProps) {
  const { t, number, when } = useSpeech();
  const words = t.learned;
  const used = { answers: number(entry.answers), good: number(entry.good), bad: number(entry.bad) };
  return (
    <section className="rounded-xl border-2 border-accent bg-card p-4" aria-label={entry.title}>
      <h3 dir="auto" className="font-semibold wrap-anywhere">
        {entry.title}
      </h3>
      <p dir="auto" className="mt-1 whitespace-pre-wrap wrap-anywhere">
        {entry.answer}
      </p>
      <p className="mt-2 text-sm text-soft">
        {fill(words.used, used)}{" "}
        {entry.decided_by &&
          entry.decided_at &&
          fill(words.approvedBy, { name: entry.decided_by, time: when(entry.decided_at) })}
      </p>
      <Tool hint="x" className="mt-2" disabled={busy} onClick={onWithdraw}>
        {words.withdraw}
      </Tool>
    </section>
  );
}
