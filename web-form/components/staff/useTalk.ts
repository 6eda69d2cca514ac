"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "@/lib/api";
import type { Staff, Talk } from "@/lib/staff/client";
import { useSpeech } from "./Speech";

const LOOK_MS = 20_000;

/** The open conversation (`newest`: as it was read last, before it is shown), and that the others see who has it open. */
export function useTalk(staff: Staff, id: string | null, writing: boolean, failed: (error: unknown) => void) {
  const { t } = useSpeech();
  const [talk, setTalk] = useState<Talk | null>(null);
  const wanted = useRef(id);
  wanted.current = id;
  const newest = useRef<Talk | null>(null);
  // Answers may overtake each other: what was asked for before the one that is shown is older than it.
  const asked = useRef(0);
  const shown = useRef(0);

  const load = useCallback(async () => {
    if (!id) return;
    asked.current += 1;
    const mine = asked.current;
    try {
      const found = await staff.talk(id);
      if (wanted.current !== id || mine < shown.current) return;
      shown.current = mine;
      newest.current = found;
      setTalk(found);
    } catch (error) {
      if (wanted.current !== id) return;
      const gone = error instanceof ApiError && [400, 404].includes(error.status);
      failed(gone ? new Error(t.talk.gone) : error);
    }
  }, [staff, id, failed, t]);

  useEffect(() => {
    setTalk(null);
    newest.current = null;
    load();
  }, [load]);

  useEffect(() => {
    if (!id) return;
    const say = () => {
      if (!document.hidden) staff.look(id, writing).catch(() => {});
    };
    say();
    const timer = setInterval(say, LOOK_MS);
    return () => clearInterval(timer);
  }, [staff, id, writing]);
  useEffect(() => {
    if (!id) return;
    return () => {
      staff.leave().catch(() => {});
    };
  }, [staff, id]);

  return { talk: talk?.conversation_id === id ? talk : null, newest, load };
}
