"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import type { Staff, Summary, Wanted } from "@/lib/staff/client";

const PAUSE_MS = 200;
const EVERYTHING: Wanted = { list: "handed_over", queue: "", severity: "", channel: "", assignee: "", search: "" };

/** The list of conversations: what is wanted of it, its rows, and reading it again. `rows` null: not read yet. */
export function useQueue(staff: Staff, on: boolean, failed: (error: unknown) => void) {
  const [wanted, setWanted] = useState(EVERYTHING);
  const [rows, setRows] = useState<Summary[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const pages = useRef(1);
  const asked = useRef(0);

  const load = useCallback(async () => {
    if (!on) return;
    asked.current += 1;
    const mine = asked.current;
    try {
      const found: Summary[] = [];
      let after: string | null = null;
      for (let page = 0; page === 0 || (page < pages.current && after); page += 1) {
        const answer = await staff.list(wanted, after ?? undefined);
        found.push(...answer.conversations);
        after = answer.next;
      }
      if (mine !== asked.current) return; // a later question is under way
      setRows(found);
      setNext(after);
    } catch (error) {
      if (mine === asked.current) failed(error);
    }
  }, [staff, on, wanted, failed]);

  useEffect(() => {
    const timer = setTimeout(load, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [load]);

  const want = useCallback((change: Partial<Wanted>) => {
    pages.current = 1;
    setWanted((before) => ({ ...before, ...change }));
  }, []);
  const more = useCallback(() => {
    pages.current += 1;
    return load();
  }, [load]);
  return { wanted, want, rows, next, load, more };
}
