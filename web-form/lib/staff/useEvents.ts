"use client";

import { useEffect, useRef, useState } from "react";
import { API_BASE } from "@/lib/api";

export interface Looking {
  conversation_id: string;
  name: string;
  writing: boolean;
}
export interface DeskState {
  at: string;
  handed_over: number;
  unassigned: number;
  overdue: number;
  drafts: number;
  assigned: Record<string, number>;
  changed: Record<string, string>;
  looking: Looking[];
}

const AGAIN_MS = 10_000;

/** Listen to the desk's news. `changed` is called with the conversations that are new or have changed since the last one. */
export function useEvents(on: boolean, changed: (ids: string[]) => void): { state: DeskState | null; live: boolean } {
  const [state, setState] = useState<DeskState | null>(null);
  const [live, setLive] = useState(false);
  const tell = useRef(changed);
  tell.current = changed;
  useEffect(() => {
    if (!on) return;
    let source: EventSource;
    let timer: ReturnType<typeof setTimeout>;
    const known = new Map<string, string>();
    let first = true;
    const open = () => {
      source = new EventSource(`${API_BASE}/staff/events`);
      source.addEventListener("desk", (event) => {
        const news: DeskState = JSON.parse((event as MessageEvent).data);
        const ids = Object.keys(news.changed).filter((id) => known.get(id) !== news.changed[id]);
        for (const id of ids) known.set(id, news.changed[id] as string);
        setLive(true);
        setState(news);
        if (!first && ids.length) tell.current(ids);
        first = false;
      });
      source.addEventListener("error", () => {
        // A stream that ended is opened again by the browser; one that was refused is not.
        if (source.readyState !== EventSource.CLOSED) return;
        setLive(false);
        tell.current([]);
        timer = setTimeout(open, AGAIN_MS);
      });
    };
    open();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [on]);
  return { state, live };
}
