"use client";

import { useEffect, useRef } from "react";
import type { DeskMessages } from "@/lib/i18n/desk/en";
import { Languages } from "./Languages";
import { Tool } from "./parts";
import { useSpeech } from "./Speech";

/** Each key and what it does. The letters are the same in every language. */
const keys = ({ help, keys }: DeskMessages): [string, string][] => [
  ["j / k", help.next],
  ["1 … 6", help.lists],
  ["r", help.reply],
  ["d", help.draft],
  ["c", help.answers],
  ["t", help.takeOver],
  ["u", help.release],
  ["e", help.resolve],
  ["x", help.close],
  ["g, p", help.labels],
  ["a", help.approve],
  ["/", help.search],
  ["o", help.overview],
  ["l", help.learned],
  [keys.pages, help.scroll],
  [keys.escape, help.leave],
  ["[ ]", help.digest],
  ["?", help.help],
];

/** The keys of the desk, in a dialog. */
export function Help({ onClose }: { onClose: () => void }) {
  const { t } = useSpeech();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      aria-labelledby="keys"
      className="m-auto w-full max-w-md rounded-2xl border border-edge bg-card p-6 text-text backdrop:bg-black/40"
    >
      <form method="dialog" className="mb-3 flex items-center justify-between gap-4">
        <h2 id="keys" className="text-lg font-semibold">
          {t.help.title}
        </h2>
        <Tool type="submit">{t.close}</Tool>
      </form>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
        {keys(t).map(([key, does]) => (
          <div key={key} className="contents">
            <dt dir="ltr" className="font-mono">
              {key}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div className="mt-4">
        <Languages />
      </div>
    </dialog>
  );
}
