"use client";

import { type RefObject, useRef, useState } from "react";
import { fill } from "@/lib/i18n/fill";
import type { AskedDraft, Draft, SentReply, Staff, Step, Summary, Talk } from "@/lib/staff/client";
import { named, type Speech } from "@/lib/staff/words";
import { useSpeech } from "./Speech";
import type { Texts } from "./useTexts";

/** After these a conversation needs nobody any more. */
const ENDS: Step[] = ["resolve", "close", "release"];

interface Parts {
  staff: Staff;
  talk: Talk | null;
  /** The conversation as it was read last, before the page shows it. */
  newest: RefObject<Talk | null>;
  rows: Summary[];
  texts: Texts;
  reload: () => Promise<unknown>;
  say: (text: string, bad?: boolean, more?: string[]) => void;
  failed: (error: unknown) => void;
  /** What stands open when something is done. */
  onNext: (id: string | null) => void;
  /** Something is on its way: the keys work again. */
  onSent: () => void;
  /** The text wants its writer: it was drafted, or refused. */
  onText: () => void;
}

const last = (talk: Talk | null) => talk?.messages.at(-1)?.message_id;

/** What a person does with the open conversation. One thing at a time: what is asked for meanwhile follows, in order. */
export function useActs(parts: Parts) {
  const { staff, talk, newest, texts, say, failed } = parts;
  const speech = useSpeech();
  const { t } = speech;
  const [busy, setBusy] = useState(false);
  const line = useRef(Promise.resolve());
  /** How much is under way, and which messages were sent here: those are no news. */
  const pending = useRef(0);
  const own = useRef(new Set<string>());
  /** The version that the last thing done here left. The next key may come before the page shows it. */
  const left = useRef<string | null>(null);
  const now = useRef(parts);
  now.current = parts;

  function inLine(work: () => Promise<void>) {
    pending.current += 1;
    line.current = line.current.then(async () => {
      setBusy(true);
      await work().catch(failed);
      pending.current -= 1;
      setBusy(pending.current > 0);
    });
    return line.current;
  }

  /** Do it, knowing the conversation as of this version; returns the answer, or null when it was refused. */
  async function perform(id: string, name: Step, version: string, body: object) {
    const { rows } = now.current;
    const after = rows[rows.findIndex((row) => row.conversation_id === id) + 1]?.conversation_id ?? null;
    say("");
    try {
      const answer = await staff.act<Partial<SentReply> & { unanswered?: boolean }>(id, name, version, body, () =>
        say(t.awayTrying),
      );
      const notes = (answer.warnings ?? []).map(({ code, message }) => fill(t.warnings[code], { message }));
      say(t.done[name], false, answer.unanswered ? [...notes, t.acts.unanswered] : notes);
      if (answer.message_id) own.current.add(answer.message_id);
      if (name === "reply") texts.sent(id);
      await now.current.reload();
      if (newest.current?.conversation_id === id) left.current = newest.current.version;
      // What is done leaves the list: the next one opens.
      if (ENDS.includes(name)) now.current.onNext(after);
      return answer;
    } catch (error) {
      failed(error);
      texts.told(id);
      if (name === "reply") now.current.onText();
      await now.current.reload();
      return null;
    }
  }

  /** Act on the conversation as it stands here, after what is under way; not on what nobody has read yet. */
  function act(name: Step, body: object = {}) {
    if (!talk) return;
    const seen = last(talk);
    const { conversation_id: id, version } = talk;
    const waits = pending.current > 0;
    parts.onSent();
    inLine(async () => {
      const found = newest.current;
      const mine = found?.conversation_id === id && (waits || found.version === left.current);
      const newer = mine ? last(found) : seen;
      if (newer !== seen && !own.current.has(newer ?? "")) return say(t.acts.news, true);
      await perform(id, name, mine ? found.version : version, body);
    });
  }

  /** Send what is written; with `done` the ticket is resolved by it, unless something new came in. */
  function reply(done: boolean) {
    if (!talk) return;
    const { conversation_id: id, version } = talk;
    const body = { text: texts.text.trim(), ...(texts.draft && { draft_id: texts.draft.draft_id }) };
    parts.onSent();
    inLine(async () => {
      const sent = await perform(id, "reply", texts.begun.current[id] ?? version, body);
      const found = newest.current;
      if (!sent || !done || found?.conversation_id !== id) return;
      if (last(found) !== sent.message_id) return say(t.acts.news, true);
      await perform(id, "resolve", found.version, {});
    });
  }

  const approve = (draft: Draft, edited: string | null) =>
    act("approve", { draft_id: draft.draft_id, ...(edited !== null && { text: edited }) });

  /** Let the agent draft a reply. */
  function askForDraft() {
    if (!talk || busy) return;
    inLine(async () => {
      say(t.acts.drafting);
      const draft = await staff.draft(talk.conversation_id);
      if (!draft.text) return say(fill(t.acts.noDraft, { why: whyNone(draft, speech) }));
      texts.put(talk, draft);
      say("");
      if (newest.current?.conversation_id === talk.conversation_id) now.current.onText();
    });
  }

  return { busy, act, reply, approve, askForDraft };
}

function whyNone({ why }: AskedDraft, { t }: Speech): string {
  const known = (t.noDraft as Record<string, string>)[why];
  return known ?? fill(t.noDraftLeft, { reason: named(t.reasons, why) });
}
