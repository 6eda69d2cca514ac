"use client";

import { useCallback, useEffect, useState } from "react";
import type { Schemas } from "@/lib/api";
import type { Staff } from "@/lib/staff/client";
import { when, words } from "@/lib/staff/words";
import { Badge, Panel, Tool } from "./parts";

/** What else wants a person: alerts, dead letters, customers who may be one. Shown while no conversation is open. */
export function Operations({ staff, onSaid }: { staff: Staff; onSaid: (text: string, bad?: boolean) => void }) {
  const [health, setHealth] = useState<Schemas["HealthView"] | null>(null);
  const [letters, setLetters] = useState<Schemas["LetterView"][]>([]);
  const [questions, setQuestions] = useState<Schemas["Question"][]>([]);
  const load = useCallback(() => {
    staff.health().then(setHealth, () => {});
    staff.letters().then(
      ({ dead_letters }) => setLetters(dead_letters),
      () => {},
    );
    staff.merges().then(
      ({ conflicts }) => setQuestions(conflicts),
      () => {},
    );
  }, [staff]);
  useEffect(load, [load]);

  async function decide(call: Promise<unknown>, done: string) {
    try {
      await call;
      onSaid(done);
    } catch (error) {
      onSaid((error as Error).message, true);
    }
    load();
  }

  const ailing = Object.entries(health?.components ?? {}).filter(
    ([, part]) => !["healthy", "off"].includes(part.status),
  );
  return (
    <div className="mx-auto w-full max-w-xl">
      <p className="p-4 text-soft">
        Choose a conversation on the list, or press <kbd className="font-mono">j</kbd>.{" "}
        <kbd className="font-mono">?</kbd> shows all keys.
      </p>
      <Panel title="Alerts">
        {health && !health.alerts.length && !ailing.length && <p className="text-soft">Everything works.</p>}
        <ul className="flex flex-col gap-1">
          {ailing.map(([name, part]) => (
            <li key={name}>
              <Badge tone="bad">{part.status}</Badge> {name}: {part.detail}
            </li>
          ))}
          {health?.alerts.map((alert) => (
            <li key={alert}>
              <Badge tone="warm">alert</Badge> {alert}
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title={`Dead letters (${letters.length})`}>
        <ul className="flex flex-col gap-2">
          {letters.map((letter) => (
            <li key={letter.id} className="flex flex-wrap items-center justify-between gap-2">
              <span className="min-w-0 wrap-anywhere">
                {letter.topic}, {when(letter.created_at)}: {letter.cause}
              </span>
              <Tool
                onClick={() => decide(staff.replay(letter.id), "The dead letter is on its way again.")}
                aria-label={`Replay the letter of ${when(letter.created_at)}`}
              >
                Replay
              </Tool>
            </li>
          ))}
          {letters.length === 0 && <li className="text-soft">None.</li>}
        </ul>
      </Panel>
      <Panel title={`Customers who may be one (${questions.length})`}>
        <ul className="flex flex-col gap-3">
          {questions.map((question) => (
            <li key={question.id}>
              <p className="wrap-anywhere">
                {words(question.kind)}: {question.value}. {party(question.older)}, and {party(question.newer)}.
              </p>
              <p className="mt-1 flex gap-2">
                <Tool onClick={() => decide(staff.decide(question.id, "approve"), "They are one customer now.")}>
                  One customer
                </Tool>
                <Tool onClick={() => decide(staff.decide(question.id, "reject"), "They stay two customers.")}>
                  Two customers
                </Tool>
              </p>
            </li>
          ))}
          {questions.length === 0 && <li className="text-soft">None.</li>}
        </ul>
      </Panel>
    </div>
  );
}

const party = ({ name, filed_as, messages }: Schemas["Party"]) =>
  `${name || "No name"} (${filed_as}, ${messages} messages)`;
