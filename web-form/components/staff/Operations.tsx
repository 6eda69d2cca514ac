"use client";

import { useState } from "react";
import type { Schemas } from "@/lib/api";
import type { Staff } from "@/lib/staff/client";
import { when, words } from "@/lib/staff/words";
import { Badge, Panel, Tool } from "./parts";
import { Reports } from "./Reports";
import type { Watched } from "./useOperations";

interface Props {
  staff: Staff;
  watched: Watched | null;
  onChanged: () => void;
  onSaid: (text: string, bad?: boolean) => void;
}

/** What else wants a person: alerts, dead letters, customers who may be one; and what the agent lacks and costs. */
export function Operations({ staff, watched, onChanged, onSaid }: Props) {
  const [merge, setMerge] = useState<Schemas["Merge"] | null>(null);

  async function run<T>(call: Promise<T>, done: string): Promise<T | null> {
    try {
      const answer = await call;
      onSaid(done);
      return answer;
    } catch (error) {
      onSaid((error as Error).message, true);
      return null;
    } finally {
      onChanged();
    }
  }

  return (
    <div className="mx-auto w-full max-w-2xl">
      <p className="p-4 text-soft">
        Choose a conversation on the list, or press <kbd className="font-mono">j</kbd>.{" "}
        <kbd className="font-mono">?</kbd> shows all keys.
      </p>
      {!watched && <p className="px-4 text-soft">Loading …</p>}
      {watched && (
        <>
          <Alerts watched={watched} />
          <Panel title={`Dead letters (${watched.letters.length})`}>
            <ul className="flex flex-col gap-3">
              {watched.letters.map((letter) => (
                <Letter
                  key={letter.id}
                  letter={letter}
                  staff={staff}
                  onReplay={() => run(staff.replay(letter.id), "The dead letter is on its way again.")}
                />
              ))}
              {watched.letters.length === 0 && <li className="text-soft">None.</li>}
            </ul>
          </Panel>
          <Panel title={`Customers who may be one (${watched.questions.length})`}>
            <ul className="flex flex-col gap-3">
              {watched.questions.map((question) => (
                <Question
                  key={question.id}
                  question={question}
                  onOne={async () => setMerge(await run(staff.merge(question.id), "They are one customer now."))}
                  onTwo={() => run(staff.keepApart(question.id), "They stay two customers.")}
                />
              ))}
              {watched.questions.length === 0 && <li className="text-soft">None.</li>}
            </ul>
            {merge && (
              <p className="mt-3">
                <Tool
                  onClick={async () => {
                    await run(staff.undoMerge(merge.id), "The merge is taken back.");
                    setMerge(null);
                  }}
                >
                  Take the last merge back
                </Tool>
              </p>
            )}
          </Panel>
        </>
      )}
      <Reports staff={staff} />
    </div>
  );
}

function Alerts({ watched }: { watched: Watched }) {
  const { ailing, alerts } = watched;
  return (
    <Panel title={`Alerts (${ailing.length + alerts.length})`}>
      {!alerts.length && !ailing.length && <p className="text-soft">Everything works.</p>}
      <ul className="flex flex-col gap-1 wrap-anywhere">
        {ailing.map(([name, part]) => (
          <li key={name}>
            <Badge tone="bad">{part.status}</Badge> {name}: {part.detail}
          </li>
        ))}
        {alerts.map((alert) => (
          <li key={alert}>
            <Badge tone="warm">alert</Badge> {alert}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

interface LetterProps {
  letter: Schemas["LetterView"];
  staff: Staff;
  onReplay: () => void;
}

function Letter({ letter, staff, onReplay }: LetterProps) {
  const [content, setContent] = useState<string>();
  function load() {
    if (content === undefined)
      staff.letter(letter.id).then(
        (found) => setContent(found.content),
        (error) => setContent((error as Error).message),
      );
  }
  return (
    <li className="flex flex-wrap items-start justify-between gap-2">
      <details className="min-w-0 flex-1" onToggle={load}>
        <summary className="wrap-anywhere">
          {letter.topic}, {when(letter.created_at)}: {letter.cause}
        </summary>
        <p className="mt-1 max-h-48 overflow-y-auto border-s-2 border-line ps-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere">
          {content ?? "Loading …"}
        </p>
      </details>
      <Tool onClick={onReplay} aria-label={`Replay the letter of ${when(letter.created_at)}`}>
        Replay
      </Tool>
    </li>
  );
}

interface QuestionProps {
  question: Schemas["Question"];
  onOne: () => void;
  onTwo: () => void;
}

function Question({ question, onOne, onTwo }: QuestionProps) {
  const alike = question.name_likeness === null ? "" : `; their names are ${question.name_likeness} % alike`;
  return (
    <li>
      <p className="wrap-anywhere">
        {`${words(question.kind)}: ${question.value}${alike}. ${party(question.older)}, and ${party(question.newer)}.`}
      </p>
      <p className="mt-1 flex flex-wrap gap-2">
        <Tool onClick={onOne}>One customer</Tool>
        <Tool onClick={onTwo}>Two customers</Tool>
      </p>
    </li>
  );
}

const party = ({ name, filed_as, messages }: Schemas["Party"]) =>
  `${name || "No name"} (${filed_as}, ${messages} ${messages === 1 ? "message" : "messages"})`;
