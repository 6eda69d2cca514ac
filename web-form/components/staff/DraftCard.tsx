"use client";

import { type KeyboardEvent, type Ref, useState } from "react";
import { fill } from "@/lib/i18n/fill";
import type { Draft } from "@/lib/staff/client";
import { Key, Tool } from "./parts";
import { useSpeech } from "./Speech";

interface Props {
  draft: Draft;
  busy: boolean;
  box: Ref<HTMLTextAreaElement>;
  /** `text` null: as it is. */
  onApprove: (draft: Draft, text: string | null) => void;
}

/** The agent's draft, to approve as it is or to send in one's own words. */
export function DraftCard({ draft, busy, box, onApprove }: Props) {
  const { t } = useSpeech();
  const [text, setText] = useState(draft.text);
  const edited = text.trim() !== draft.text.trim();
  const id = `draft-${draft.draft_id}`;
  const send = () => !busy && onApprove(draft, edited ? text.trim() : null);
  function pressed(event: KeyboardEvent) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
  }
  return (
    <section aria-labelledby={`${id}-title`} className="rounded-xl border-2 border-accent bg-card p-4">
      <h3 id={`${id}-title`} className="mb-2 text-sm font-semibold">
        {t.draft.title}
      </h3>
      <textarea
        id={id}
        dir="auto"
        ref={box}
        rows={8}
        maxLength={10_000}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={pressed}
        aria-labelledby={`${id}-title`}
        className="block w-full resize-y rounded-lg border border-line bg-card px-3 py-2"
      />
      {draft.sources && draft.sources.length > 0 && (
        <p className="mt-1 text-sm text-soft">{fill(t.draft.from, { sources: draft.sources.join(", ") })}</p>
      )}
      <div className="mt-2 flex flex-wrap items-center gap-3">
        <Tool strong hint={edited ? "" : "a"} disabled={busy || !text.trim()} onClick={send}>
          {edited ? t.draft.sendOwn : t.draft.approve} {edited && <Key>{t.keys.control} ⏎</Key>}
        </Tool>
        {edited && <Tool onClick={() => setText(draft.text)}>{t.draft.undo}</Tool>}
      </div>
    </section>
  );
}
