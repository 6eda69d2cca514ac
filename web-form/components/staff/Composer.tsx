"use client";

import { type FormEvent, type KeyboardEvent, type RefObject, useState } from "react";
import type { AskedDraft, Staff, Talk } from "@/lib/staff/client";
import { Answers } from "./Answers";
import { Key, Tool } from "./parts";

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
  const [problem, setProblem] = useState("");
  const slugs = [...new Set(talk.decisions.flatMap((decision) => decision.passages.map(({ slug }) => slug)))].slice(-8);
  const asked = talk.messages.filter(({ direction }) => direction === "inbound").at(-1)?.text ?? "";
  const about = (talk.tickets.at(-1)?.subject || asked).slice(0, 200);

  function send(done: boolean) {
    const wrong = text.trim() ? "" : "Write something first.";
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
      aria-label="Reply"
    >
      {props.answersOpen && <Answers staff={props.staff} slugs={slugs} about={about} onTake={take} />}
      {writing.length > 0 && (
        <p className="mb-2 text-sm font-medium text-warm">{`${writing.join(" and ")} ${writing.length > 1 ? "are" : "is"} writing here too.`}</p>
      )}
      <textarea
        id="reply"
        dir="auto"
        aria-label="Your reply"
        ref={box}
        rows={4}
        maxLength={LIMIT}
        value={text}
        onChange={(event) => props.onText(event.target.value)}
        onKeyDown={pressed}
        aria-describedby="reply-hint reply-error"
        aria-invalid={Boolean(problem)}
        placeholder="Your reply"
        className="block w-full resize-y rounded-xl border border-line bg-card px-3 py-2"
      />
      {props.draft && <Origin draft={props.draft} />}
      <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-2">
        <Tool type="submit" strong disabled={busy}>
          Send <Key>Ctrl ⏎</Key>
        </Tool>
        <Tool disabled={busy} onClick={() => send(true)}>
          Send and resolve <Key>Ctrl ⇧ ⏎</Key>
        </Tool>
        {props.onDraft && (
          <Tool hint="d" disabled={busy} onClick={props.onDraft}>
            Draft by the agent
          </Tool>
        )}
        <Tool hint="c" onClick={() => props.onAnswers(!props.answersOpen)} aria-expanded={props.answersOpen}>
          Ready answers
        </Tool>
        <p id="reply-hint" className="text-sm text-soft">
          The channel's greeting and signature are put around it
          {talk.assignee ? "." : ", and the conversation is yours then."}
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
  const cost = draft.cost === null ? "" : `, ${draft.cost.toFixed(4)}`;
  const took = draft.input_tokens
    ? `; ${draft.model}, ${draft.input_tokens} + ${draft.output_tokens} tokens${cost}`
    : "";
  return (
    <p className="mt-1 text-sm wrap-anywhere text-soft">
      {`A draft by the agent${draft.sources.length ? `, from ${draft.sources.join(", ")}` : ""}${took}. Read it before you send it.`}
    </p>
  );
}
