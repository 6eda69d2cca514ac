"use client";

import { type FormEvent, type KeyboardEvent, type RefObject, useState } from "react";
import { fill } from "@/lib/i18n/fill";
import type { AskedDraft, Staff, Talk } from "@/lib/staff/client";
import { Answers } from "./Answers";
import { Key, Tool } from "./parts";
import { useSpeech } from "./Speech";

const LIMIT = 10_000;

interface Props {
  talk: Talk;
  staff: Staff;
  text: string;
  onText: (text: string) => void;
  busy: boolean;
  /** Others who write in this conversation now. */
  writing: string[];
  box: RefObject<HTMLTextAreaElement | null>;
  answersOpen: boolean;
  onAnswers: (open: boolean) => void;
  /** The agent's draft that the text was made of. */
  draft: AskedDraft | undefined;
  /** Ask for one; null: not now. */
  onDraft: (() => void) | null;
  /** `done`: the ticket is resolved by it. */
  onSend: (done: boolean) => void;
}

/** A person's reply, with ready answers beside it. */
export function Composer(props: Props) {
  const { talk, text, busy, writing, box } = props;
  const { t, list } = useSpeech();
  const [problem, setProblem] = useState("");
  const slugs = [...new Set(talk.decisions.flatMap((decision) => decision.passages.map(({ slug }) => slug)))].slice(-8);
  const asked = talk.messages.filter(({ direction }) => direction === "inbound").at(-1)?.text ?? "";
  const about = (talk.tickets.at(-1)?.subject || asked).slice(0, 200);

  function send(done: boolean) {
    const wrong = text.trim() ? "" : t.reply.empty;
    setProblem(wrong);
    if (!wrong && !busy) props.onSend(done);
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    send(false);
  }

  function pressed(event: KeyboardEvent) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(event.shiftKey);
  }

  function take(answer: string) {
    props.onText(`${text.trim() ? `${text.trimEnd()}\n\n` : ""}${answer}`.slice(0, LIMIT));
    props.onAnswers(false);
    box.current?.focus();
  }

  return (
    <form
      onSubmit={submit}
      className="min-h-0 overflow-y-auto border-t border-edge bg-page px-4 py-3 lg:max-h-[60%]"
      aria-label={t.reply.form}
    >
      {props.answersOpen && <Answers staff={props.staff} slugs={slugs} about={about} onTake={take} />}
      {writing.length > 0 && (
        <p className="mb-2 text-sm font-medium text-warm">
          {fill(writing.length > 1 ? t.reply.writingMany : t.reply.writingOne, { names: list(writing) })}
        </p>
      )}
      <textarea
        id="reply"
        dir="auto"
        aria-label={t.reply.label}
        ref={box}
        rows={4}
        maxLength={LIMIT}
        value={text}
        onChange={(event) => props.onText(event.target.value)}
        onKeyDown={pressed}
        aria-describedby="reply-hint reply-error"
        aria-invalid={Boolean(problem)}
        placeholder={t.reply.label}
        className="block w-full resize-y rounded-xl border border-line bg-card px-3 py-2"
      />
      {props.draft && <Origin draft={props.draft} />}
      <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-2">
        <Tool type="submit" strong disabled={busy}>
          {t.reply.send} <Key>{t.keys.control} ⏎</Key>
        </Tool>
        <Tool disabled={busy} onClick={() => send(true)}>
          {t.reply.sendResolve} <Key>{t.keys.control} ⇧ ⏎</Key>
        </Tool>
        {props.onDraft && (
          <Tool hint="d" disabled={busy} onClick={props.onDraft}>
            {t.reply.askDraft}
          </Tool>
        )}
        <Tool hint="c" onClick={() => props.onAnswers(!props.answersOpen)} aria-expanded={props.answersOpen}>
          {t.reply.answers}
        </Tool>
        <p id="reply-hint" className="text-sm text-soft">
          {talk.assignee ? t.reply.hint : t.reply.hintYours}
        </p>
      </div>
      <p id="reply-error" aria-live="polite" className="text-sm font-medium text-bad empty:hidden">
        {problem}
      </p>
    </form>
  );
}

/** What the agent's draft rests on and took. */
function Origin({ draft }: { draft: AskedDraft }) {
  const { t, number } = useSpeech();
  const { model, input_tokens, output_tokens, sources } = draft;
  const tokens = { model, input: number(input_tokens), output: number(output_tokens) };
  const said = [
    sources.length ? fill(t.reply.originFrom, { sources: sources.join(", ") }) : t.reply.origin,
    input_tokens ? fill(t.reply.originTook, tokens) : "",
    draft.cost === null ? "" : fill(t.reply.cost, { cost: number(draft.cost, 4) }),
  ];
  return <p className="mt-1 text-sm wrap-anywhere text-soft">{said.filter(Boolean).join(" · ")}</p>;
}
