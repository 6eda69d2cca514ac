"use client";

import { useState } from "react";
import { fill } from "@/lib/i18n/fill";
import type { Decision, ReadyAnswer, Staff } from "@/lib/staff/client";
import { named } from "@/lib/staff/words";
import { Facts } from "./parts";
import { useSpeech } from "./Speech";

/** The names of rules, stages and tools stay as they are in the records: whoever looks them up finds them. */
const code = (name: string) => named({}, name);

/** Why the agent did what it did: a record a turn, the newest first. */
export function Why({ decisions, staff }: { decisions: Decision[]; staff: Staff }) {
  const { t } = useSpeech();
  if (!decisions.length) return <p className="text-soft">{t.about.whyNothing}</p>;
  return (
    <div className="flex flex-col gap-4">
      {[...decisions].reverse().map((decision) => (
        <Record key={decision.inbox_id} decision={decision} staff={staff} />
      ))}
    </div>
  );
}

function Record({ decision, staff }: { decision: Decision; staff: Staff }) {
  const { t, when, number } = useSpeech();
  const { about } = t;
  const whole = (value: number) => number(Math.round(value));
  const stages = Object.entries(decision.stages_ms).map(([name, ms]) => `${code(name)} ${whole(ms)}`);
  const outcome = [named(t.outcomes, decision.outcome), named(t.reasons, decision.reason)];
  const tools = decision.tool_calls.map(({ name, ok }) =>
    ok ? code(name) : fill(about.toolRefused, { tool: code(name) }),
  );
  return (
    <section>
      <h3 className="text-xs font-semibold text-soft">{when(decision.created_at)}</h3>
      <Facts
        of={[
          [about.outcome, outcome.filter(Boolean).join(": ")],
          [about.rule, <bdi key="rule">{code(decision.rule)}</bdi>],
          [about.model, <bdi key="model">{`${decision.model} ${decision.prompt_version}`.trim()}</bdi>],
          [about.took, fill(about.tookValue, { all: whole(decision.latency_ms), model: whole(decision.model_ms) })],
          [about.stages, <bdi key="stages">{stages.join(", ")}</bdi>],
          [about.tools, tools.length > 0 && <bdi key="tools">{tools.join(" → ")}</bdi>],
        ]}
      />
      <Scores scores={decision.scores} />
      {decision.passages.length > 0 && (
        <ul aria-label={about.passages}>
          {decision.passages.map((passage) => (
            <Passage key={passage.slug} {...passage} staff={staff} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** Each score against its threshold; one that reached it is strong. */
function Scores({ scores }: { scores: Record<string, number> }) {
  const { t, number } = useSpeech();
  const names = Object.keys(scores).filter((name) => !name.endsWith(".threshold"));
  if (!names.length) return null;
  return (
    <table className="my-1 w-full text-start">
      <thead className="text-xs text-soft">
        <tr>
          <th scope="col" className="text-start font-normal">
            {t.about.score}
          </th>
          <th scope="col" className="text-end font-normal">
            {t.about.is}
          </th>
          <th scope="col" className="text-end font-normal">
            {t.about.threshold}
          </th>
        </tr>
      </thead>
      <tbody>
        {names.map((name) => {
          const score = scores[name] ?? 0;
          const threshold = scores[`${name}.threshold`];
          const reached = threshold !== undefined && score >= threshold;
          return (
            <tr key={name} className={reached ? "font-semibold" : "font-normal"}>
              <th scope="row" className="text-start [font-weight:inherit]">
                <bdi>{named(t.reasons, name)}</bdi>
              </th>
              <td className="text-end tabular-nums">{number(score, 3)}</td>
              <td className="text-end tabular-nums">{threshold === undefined ? "–" : number(threshold, 3)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Passage({ slug, title, score, staff }: { slug: string; title: string; score: number; staff: Staff }) {
  const { t, number } = useSpeech();
  const [answer, setAnswer] = useState<ReadyAnswer | null>();
  function load() {
    if (answer === undefined)
      staff.answersOf([slug]).then(
        ({ answers }) => setAnswer(answers[0] ?? null),
        () => setAnswer(null),
      );
  }
  return (
    <li>
      <details onToggle={load}>
        <summary>
          <bdi>{title}</bdi> <span className="text-soft tabular-nums">{number(score, 2)}</span>
        </summary>
        <p dir="auto" className="border-s-2 border-line ps-3 whitespace-pre-wrap text-soft">
          {answer === undefined ? t.loading : (answer?.text ?? t.about.passageGone)}
        </p>
      </details>
    </li>
  );
}
