"use client";

import { useEffect, useRef, useState } from "react";
import { fill } from "@/lib/i18n/fill";
import type { ReadyAnswer, Staff } from "@/lib/staff/client";
import { Tool } from "./parts";
import { useSpeech } from "./Speech";

const PAUSE_MS = 250;

interface Props {
  staff: Staff;
  slugs: string[];
  /** What the customer asks: searched for where the agent has found nothing. */
  about: string;
  onTake: (text: string) => void;
}

/** Ready answers: the passages that the agent found for this conversation, or those that hold the words searched for. */
export function Answers({ staff, slugs, about, onTake }: Props) {
  const { t } = useSpeech();
  const [asked, setAsked] = useState("");
  const [found, setFound] = useState<ReadyAnswer[] | null>(null);
  const box = useRef<HTMLInputElement>(null);
  const own = slugs.join(" ");
  useEffect(() => box.current?.focus(), []);
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(
      () => {
        const answer = asked.trim()
          ? staff.answers(asked)
          : own
            ? staff.answersOf(own.split(" "))
            : staff.answers(about);
        answer.then(({ answers }) => wanted && setFound(answers)).catch(() => wanted && setFound([]));
      },
      asked ? PAUSE_MS : 0,
    );
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [asked, own, about, staff]);
  return (
    <section aria-label={t.answers.label} className="mb-3 rounded-xl border border-edge bg-card p-3">
      <label className="block text-sm font-semibold">
        {t.answers.search}
        <input
          ref={box}
          type="search"
          value={asked}
          onChange={(event) => setAsked(event.target.value)}
          onKeyDown={(event) => {
            const first = found?.[0];
            if (event.key !== "Enter" || !first) return;
            event.preventDefault();
            onTake(first.text);
          }}
          placeholder={t.answers.hint}
          className="mt-1 block min-h-9 w-full rounded-lg border border-line bg-card px-3 text-sm font-normal"
        />
      </label>
      <ul className="mt-2 max-h-[16vh] overflow-y-auto">
        {found?.map((answer) => (
          <li key={answer.slug} className="border-t border-edge py-2 first:border-t-0">
            <div className="flex flex-wrap items-baseline justify-between gap-2">
              <b dir="auto" className="text-sm">
                {answer.title}
              </b>
              <Tool onClick={() => onTake(answer.text)} aria-label={fill(t.answers.insertOne, { title: answer.title })}>
                {t.answers.insert}
              </Tool>
            </div>
            <p dir="auto" className="line-clamp-3 text-sm whitespace-pre-wrap text-soft">
              {answer.text}
            </p>
          </li>
        ))}
        {found?.length === 0 && <li className="text-sm text-soft">{t.answers.none}</li>}
      </ul>
    </section>
  );
}
