"use client";

import { useCallback, useEffect, useState } from "react";
import type { Schemas } from "@/lib/api";
import type { Staff } from "@/lib/staff/client";

const AGAIN_MS = 60_000;

export interface Watched {
  /** Parts that are not well, by name. */
  ailing: [string, Schemas["Component"]][];
  alerts: string[];
  letters: Schemas["LetterView"][];
  questions: Schemas["Question"][];
  /** How many learned entries wait for a decision. */
  learned: number;
}

/** What wants a person beside the conversations, read each minute. Null: not read yet. */
export function useOperations(staff: Staff) {
  const [watched, setWatched] = useState<Watched | null>(null);
  const load = useCallback(async () => {
    try {
      const [health, { dead_letters }, { conflicts }, learned] = await Promise.all([
        staff.health(),
        staff.letters(),
        staff.merges(),
        staff.learned("candidate"),
      ]);
      const parts = Object.entries(health.components);
      setWatched({
        ailing: parts.filter(([, part]) => !["healthy", "off"].includes(part.status)),
        alerts: health.alerts,
        letters: dead_letters,
        questions: conflicts,
        learned: learned.entries.length,
      });
    } catch {
      // What was read last stays; the list of conversations says when the service is away.
    }
  }, [staff]);
  useEffect(() => {
    load();
    const timer = setInterval(() => document.hidden || load(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [load]);
  const count = watched
    ? watched.ailing.length +
      watched.alerts.length +
      watched.letters.length +
      watched.questions.length +
      watched.learned
    : 0;
  return { watched, count, load };
}
