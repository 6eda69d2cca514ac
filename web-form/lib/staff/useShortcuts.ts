"use client";

import { useEffect, useRef } from "react";

/** What a key does; null: not now. */
export type Shortcuts = Record<string, (() => void) | null | undefined>;

const WRITES = "input, textarea, select, [contenteditable]";

/** Keys work wherever nobody writes; Escape works everywhere. A dialog has its own keys. */
export function useShortcuts(shortcuts: Shortcuts) {
  const current = useRef(shortcuts);
  current.current = shortcuts;
  useEffect(() => {
    function pressed(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (document.querySelector("dialog[open]")) return;
      const target = event.target as HTMLElement;
      if (event.key !== "Escape" && target.closest(WRITES)) return;
      if (event.key === "Enter" && target.closest("a, button, summary")) return;
      const action = current.current[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    }
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}
