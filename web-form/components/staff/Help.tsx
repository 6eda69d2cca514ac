"use client";

import { useEffect, useRef } from "react";
import { Tool } from "./parts";

export const KEYS: [string, string][] = [
  ["j / k", "next, previous conversation"],
  ["1 … 6", "the lists"],
  ["r", "reply; Ctrl and Enter sends, with Shift it resolves too"],
  ["d", "the agent's draft: edit it, or ask for one"],
  ["c", "ready answers; Enter takes the first"],
  ["t", "take over"],
  ["u", "give back to the agent"],
  ["e", "resolve"],
  ["x", "close for good"],
  ["g, p", "correct the category, the priority"],
  ["a", "approve the agent's draft"],
  ["/", "search"],
  ["o", "overview: alerts, dead letters, customers who may be one"],
  ["PgUp, PgDn", "scroll what was written"],
  ["Esc", "leave the field; then leave the conversation"],
  ["?", "this help"],
];

/** The keys of the desk, in a dialog. */
export function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      aria-labelledby="keys"
      className="m-auto w-full max-w-md rounded-2xl border border-edge bg-card p-6 text-text backdrop:bg-black/40"
    >
      <h2 id="keys" className="mb-3 text-lg font-semibold">
        Keys
      </h2>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
        {KEYS.map(([key, does]) => (
          <div key={key} className="contents">
            <dt className="font-mono">{key}</dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog" className="mt-4">
        <Tool type="submit">Close</Tool>
      </form>
    </dialog>
  );
}
