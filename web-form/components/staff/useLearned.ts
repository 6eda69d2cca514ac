"use client";

import { useCallback, useEffect, useState } from "react";
import type { LearnedEntry, LearnedState, Staff } from "@/lib/staff/client";

/** The entries in a state, and the one that is open. `entries` null: not read yet. */
export function useLearned(staff: Staff, failed: (error: unknown) => void) {
  const [state, setState] = useState<LearnedState>("candidate");
  const [learning, setLearning] = useState(true);
  const [entries, setEntries] = useState<LearnedEntry[] | null>(null);
  const [at, setAt] = useState(0);

  const load = useCallback(async () => {
    try {
      const found = await staff.learned(state);
      setLearning(found.learning);
      setEntries(found.entries);
      setAt((here) => Math.max(0, Math.min(here, found.entries.length - 1)));
    } catch (error) {
      failed(error);
    }
  }, [staff, state, failed]);
  useEffect(() => {
    setEntries(null);
    load();
  }, [load]);

  return {
    state,
    learning,
    entries,
    open: entries?.[at] ?? null,
    load,
    show: (wanted: LearnedState) => {
      setAt(0);
      setState(wanted);
    },
    step: (by: number) => setAt((here) => Math.max(0, Math.min(here + by, (entries?.length ?? 1) - 1))),
    go: (entry: LearnedEntry) => setAt(entries?.indexOf(entry) ?? 0),
  };
}
