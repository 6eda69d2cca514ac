"use client";

import { type KeyboardEvent, type RefObject, useState } from "react";
import { fill } from "@/lib/i18n/fill";
import type { LearnedEntry } from "@/lib/staff/client";
import { named } from "@/lib/staff/words";
import { Badge, Key, Tool } from "./parts";
import { useSpeech } from "./Speech";

/** What speaks against an entry. */
export interface Doubt {
  code: string;
  detail: string;
  blocks: boolean;
}

/** The words that a person approves, and which doubts they have confirmed. */
export interface Approval {
  title?: string;
  answer?: string;
  confirmed: string[];
}

interface Props {
  entry: LearnedEntry;
  busy: boolean;
  /** What the product found in the words that were sent last; null: nothing was refused. */
  refused: Doubt[] | null;
  box: RefObject<HTMLTextAreaElement | null>;
  onApprove: (approval: Approval) => void;
  onReject: () => void;
}

const FIELD = "block w-full rounded-lg border border-line bg-card px-3 py-2";

/** A candidate, to approve as it is or edited. Nothing is approved that speaks against itself unread. */
export function LearnedCard({ entry, busy, refused, box, onApprove, onReject }: Props) {
  const { t, number, percent } = useSpeech();
  const words = t.learned;
  const [title, setTitle] = useState(entry.title);
  const [answer, setAnswer] = useState(entry.answer);
  const [confirmed, setConfirmed] = useState<string[]>([]);
  const edited = title.trim() !== entry.title || answer.trim() !== entry.answer;
  const doubts = edited && refused ? refused : entry.findings;
  const must = !edited && doubts.some(({ blocks }) => blocks);
  const id = `learned-${entry.entry_id}`;

  /** Approve it, or lead to what is to be done first. */
  function approve(known = confirmed) {
    if (busy) return;
    const left = doubts.filter(({ code, blocks }) => !blocks && !known.includes(code));
    if (must) box.current?.focus();
    else if (left.length) document.getElementById(`${id}-${left[0]?.code}`)?.focus();
    else onApprove({ ...(edited && { title: title.trim(), answer: answer.trim() }), confirmed: known });
  }
  function confirm(code: string) {
    const known = [...confirmed.filter((one) => one !== code), code];
    setConfirmed(known);
    approve(known);
  }
  function pressed(event: KeyboardEvent) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) approve();
  }

  return (
    <section aria-labelledby={`${id}-asked`} className="rounded-xl border-2 border-accent bg-card p-4">
      <p id={`${id}-asked`} className="mb-2 text-sm text-soft">
        {fill(words.asked, { customers: number(entry.customers), tickets: entry.ticket_ids.join(", ") })}
        {entry.nearest_title !== null &&
          ` ${fill(words.nearest, { title: entry.nearest_title, percent: percent(entry.nearest_cosine ?? 0) })}`}
      </p>
      <label htmlFor={`${id}-title`} className="text-sm font-semibold">
        {words.title}
      </label>
      <input
        id={`${id}-title`}
        dir="auto"
        maxLength={500}
        value={title}
        onChange={(event) => setTitle(event.target.value)}
        onKeyDown={pressed}
        className={FIELD}
      />
      <label htmlFor={`${id}-answer`} className="mt-2 block text-sm font-semibold">
        {words.answer}
      </label>
      <textarea
        id={`${id}-answer`}
        dir="auto"
        ref={box}
        rows={7}
        maxLength={8000}
        value={answer}
        onChange={(event) => setAnswer(event.target.value)}
        onKeyDown={pressed}
        className={`${FIELD} resize-y`}
      />
      {doubts.length > 0 && (
        <fieldset className="mt-3 flex flex-col gap-1 text-sm">
          <legend className="font-semibold">{words.doubts}</legend>
          {doubts.map((doubt) => (
            <DoubtLine
              key={`${doubt.code} ${doubt.detail}`}
              id={`${id}-${doubt.code}`}
              doubt={doubt}
              confirmed={confirmed.includes(doubt.code)}
              onEnter={() => confirm(doubt.code)}
              onConfirm={(really) =>
                setConfirmed((before) => [
                  ...before.filter((code) => code !== doubt.code),
                  ...(really ? [doubt.code] : []),
                ])
              }
            />
          ))}
        </fieldset>
      )}
      <div className="mt-3 flex flex-wrap items-center gap-3">
        <Tool strong data-approve hint={edited ? "" : "a"} disabled={busy} onClick={() => approve()}>
          {edited ? words.approveEdited : words.approve} {edited && <Key>{t.keys.control} ⏎</Key>}
        </Tool>
        <Tool hint="x" disabled={busy} onClick={onReject}>
          {words.reject}
        </Tool>
        {edited && (
          <Tool
            onClick={() => {
              setTitle(entry.title);
              setAnswer(entry.answer);
            }}
          >
            {words.undo}
          </Tool>
        )}
      </div>
    </section>
  );
}

interface DoubtProps {
  id: string;
  doubt: Doubt;
  confirmed: boolean;
  onEnter: () => void;
  onConfirm: (really: boolean) => void;
}

/** One thing that speaks against an entry: to be edited away, or to be confirmed. */
function DoubtLine({ id, doubt, confirmed, onEnter, onConfirm }: DoubtProps) {
  const { learned: words } = useSpeech().t;
  const said = (
    <span className="wrap-anywhere">
      {named(words.findings, doubt.code)} <bdi className="text-soft">({doubt.detail})</bdi>
    </span>
  );
  if (doubt.blocks)
    return (
      <p className="flex items-start gap-2">
        <Badge tone="bad">{words.edit}</Badge> {said}
      </p>
    );
  return (
    <label htmlFor={id} className="flex items-start gap-2">
      <input
        id={id}
        type="checkbox"
        className="mt-1"
        checked={confirmed}
        onChange={({ target }) => onConfirm(target.checked)}
        onKeyDown={({ key }) => key === "Enter" && onEnter()}
      />
      {said}
    </label>
  );
}
