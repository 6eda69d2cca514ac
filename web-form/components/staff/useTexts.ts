"use client";

import { useCallback, useRef, useState } from "react";
import type { AskedDraft, Talk } from "@/lib/staff/client";

/** What is being written, kept for each conversation, with the agent's draft that it was made of. */
export function useTexts(selected: string | null) {
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [drafts, setDrafts] = useState<Record<string, AskedDraft>>({});
  /** The version that its writer had seen when a text was begun. */
  const begun = useRef<Record<string, string>>({});

  const set = useCallback((id: string, words: string) => {
    setTexts((before) => ({ ...before, [id]: words }));
    if (!words.trim()) setDrafts(({ [id]: _, ...others }) => others);
  }, []);
  const write = useCallback(
    (talk: Talk, words: string) => {
      const id = talk.conversation_id;
      setTexts((before) => {
        if (!before[id]?.trim() && words.trim()) begun.current[id] = talk.version;
        return before;
      });
      set(id, words);
    },
    [set],
  );
  /** Put the agent's draft below what is written already. */
  const put = useCallback((talk: Talk, draft: AskedDraft) => {
    const id = talk.conversation_id;
    setTexts((before) => {
      const own = before[id]?.trimEnd() ?? "";
      if (!own) begun.current[id] = talk.version;
      return { ...before, [id]: own ? `${own}\n\n${draft.text}` : draft.text };
    });
    setDrafts((before) => ({ ...before, [id]: draft }));
  }, []);
  /** The writer has been told what is new: their next try is made knowing it. */
  const told = useCallback((id: string) => {
    delete begun.current[id];
  }, []);

  return {
    text: selected ? (texts[selected] ?? "") : "",
    draft: selected ? drafts[selected] : undefined,
    begun,
    write,
    put,
    told,
    sent: useCallback((id: string) => set(id, ""), [set]),
  };
}

export type Texts = ReturnType<typeof useTexts>;
