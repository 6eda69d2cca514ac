"use client";

import { useState } from "react";
import type { Schemas } from "@/lib/api";
import { fill } from "@/lib/i18n/fill";
import type { Staff } from "@/lib/staff/client";
import { named, type Speech } from "@/lib/staff/words";
import { Badge, Panel, Tool } from "./parts";
import { Reports } from "./Reports";
import { useSpeech } from "./Speech";
import type { Watched } from "./useOperations";

interface Props {
  staff: Staff;
  watched: Watched | null;
  onChanged: () => void;
  onSaid: (text: string, bad?: boolean) => void;
  onLearned: () => void;
}

/** The keys that the first sentence names. */
const START_KEYS: Record<string, string> = { "{j}": "j", "{help}": "?" };

/** What else wants a person: alerts, dead letters, customers who may be one; and what the agent lacks and costs. */
export function Operations({ staff, watched, onChanged, onSaid, onLearned }: Props) {
  const { t, number, why } = useSpeech();
  const { overview } = t;
  const [merge, setMerge] = useState<Schemas["Merge"] | null>(null);

  async function run<T>(call: Promise<T>, done: string): Promise<T | null> {
    try {
      const answer = await call;
      onSaid(done);
      return answer;
    } catch (error) {
      onSaid(why(error), true);
      return null;
    } finally {
      onChanged();
    }
  }

  return (
    <div className="mx-auto w-full max-w-2xl">
      <p className="p-4 text-soft">
        {overview.start.split(/(\{\w+\})/).map((part) =>
          part in START_KEYS ? (
            <kbd key={part} className="rounded border border-current px-1 font-mono text-sm">
              {START_KEYS[part]}
            </kbd>
          ) : (
            part
          ),
        )}
      </p>
      {!watched && <p className="px-4 text-soft">{t.loading}</p>}
      {watched && (
        <>
          <Alerts watched={watched} />
          <Panel title={fill(t.learned.overview, { count: number(watched.learned) })}>
            <Tool hint="l" onClick={onLearned}>
              {t.learned.open}
            </Tool>
          </Panel>
          <Panel title={fill(overview.letters, { count: number(watched.letters.length) })}>
            <ul className="flex flex-col gap-3">
              {watched.letters.map((letter) => (
                <Letter
                  key={letter.id}
                  letter={letter}
                  staff={staff}
                  onReplay={() => run(staff.replay(letter.id), overview.replayed)}
                />
              ))}
              {watched.letters.length === 0 && <li className="text-soft">{t.none}</li>}
            </ul>
          </Panel>
          <Panel title={fill(overview.merges, { count: number(watched.questions.length) })}>
            <ul className="flex flex-col gap-3">
              {watched.questions.map((question) => (
                <Question
                  key={question.id}
                  question={question}
                  onOne={async () => setMerge(await run(staff.merge(question.id), overview.merged))}
                  onTwo={() => run(staff.keepApart(question.id), overview.parted)}
                />
              ))}
              {watched.questions.length === 0 && <li className="text-soft">{t.none}</li>}
            </ul>
            {merge && (
              <p className="mt-3">
                <Tool
                  onClick={async () => {
                    await run(staff.undoMerge(merge.id), overview.undone);
                    setMerge(null);
                  }}
                >
                  {overview.undo}
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
  const { t, number } = useSpeech();
  const { ailing, alerts } = watched;
  return (
    <Panel title={fill(t.overview.alerts, { count: number(ailing.length + alerts.length) })}>
      {!alerts.length && !ailing.length && <p className="text-soft">{t.overview.well}</p>}
      <ul className="flex flex-col gap-1 wrap-anywhere">
        {ailing.map(([name, part]) => (
          <li key={name}>
            <Badge tone="bad">{named(t.states, part.status)}</Badge> <bdi>{`${name}: ${part.detail}`}</bdi>
          </li>
        ))}
        {alerts.map((alert) => (
          <li key={alert}>
            <Badge tone="warm">{t.overview.alert}</Badge> <bdi>{alert}</bdi>
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
  const { t, when, why } = useSpeech();
  const [content, setContent] = useState<string>();
  function load() {
    if (content === undefined)
      staff.letter(letter.id).then(
        (found) => setContent(found.content),
        (error) => setContent(why(error)),
      );
  }
  return (
    <li className="flex flex-wrap items-start justify-between gap-2">
      <details className="min-w-0 flex-1" onToggle={load}>
        <summary className="wrap-anywhere">
          <bdi>{letter.topic}</bdi>, {when(letter.created_at)}: <bdi>{letter.cause}</bdi>
        </summary>
        <p
          dir="auto"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
          tabIndex={0}
          className="mt-1 max-h-48 overflow-y-auto border-s-2 border-line ps-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere"
        >
          {content ?? t.loading}
        </p>
      </details>
      <Tool onClick={onReplay} aria-label={fill(t.overview.replayOne, { time: when(letter.created_at) })}>
        {t.overview.replay}
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
  const speech = useSpeech();
  const { t, percent } = speech;
  const { overview } = t;
  const { name_likeness: likeness, kind, value, older, newer } = question;
  const said = [
    fill(overview.question, { kind: named(t.questions, kind), value: leftToRight(value) }),
    likeness === null ? "" : fill(overview.alike, { percent: percent(likeness / 100) }),
    `${party(older, speech)} · ${party(newer, speech)}`,
  ];
  return (
    <li>
      <p className="wrap-anywhere">{said.filter(Boolean).join(" ")}</p>
      <p className="mt-1 flex flex-wrap gap-2">
        <Tool onClick={onOne}>{overview.one}</Tool>
        <Tool onClick={onTwo}>{overview.two}</Tool>
      </p>
    </li>
  );
}

const party = ({ name, filed_as, messages }: Schemas["Party"], { t, number }: Speech) =>
  fill(t.overview.party, {
    name: isolated(name || t.overview.noName),
    filed: leftToRight(filed_as),
    count: number(messages),
  });

/** An address or a number: it reads from left to right in every sentence. */
const leftToRight = (text: string) => `\u2066${text}\u2069`;

/** A text that keeps its own direction inside a sentence. */
const isolated = (text: string) => `\u2068${text}\u2069`;
