"use client";

import { useState } from "react";
import type { Decision, ReadyAnswer, Staff } from "@/lib/staff/client";
import { when, words } from "@/lib/staff/words";
import { Facts } from "./parts";

/** Why the agent did what it did: a record a turn, the newest first. */
export function Why({ decisions, staff }: { decisions: Decision[]; staff: Staff }) {
  if (!decisions.length) return <p className="text-soft">The agent has decided nothing here.</p>;
  return (
    <div className="flex flex-col gap-4">
      {[...decisions].reverse().map((decision) => (
        <Record key={decision.inbox_id} decision={decision} staff={staff} />
      ))}
    </div>
  );
}

function Record({ decision, staff }: { decision: Decision; staff: Staff }) {
  const stages = Object.entries(decision.stages_ms).map(([name, ms]) => `${words(name)} ${Math.round(ms)}`);
  return (
    <section>
      <h3 className="text-xs font-semibold text-soft">{when(decision.created_at)}</h3>
      <Facts
        of={[
          ["Outcome", `${words(decision.outcome)}${decision.reason ? `: ${words(decision.reason)}` : ""}`],
          ["Rule", words(decision.rule)],
          ["Model", `${decision.model} ${decision.prompt_version}`.trim()],
          ["Took", `${Math.round(decision.latency_ms)} ms, of that the model ${Math.round(decision.model_ms)} ms`],
          ["Stages, ms", stages.join(", ")],
          ["Tools", decision.tool_calls.map(({ name, ok }) => `${words(name)}${ok ? "" : " (refused)"}`).join(" → ")],
        ]}
      />
      <Scores scores={decision.scores} />
      {decision.passages.length > 0 && (
        <ul aria-label="Passages">
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
  const names = Object.keys(scores).filter((name) => !name.endsWith(".threshold"));
  if (!names.length) return null;
  return (
    <table className="my-1 w-full text-start">
      <thead className="text-xs text-soft">
        <tr>
          <th scope="col" className="text-start font-normal">
            Score
          </th>
          <th scope="col" className="text-end font-normal">
            is
          </th>
          <th scope="col" className="text-end font-normal">
            threshold
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
                {words(name)}
              </th>
              <td className="text-end tabular-nums">{score.toFixed(3)}</td>
              <td className="text-end tabular-nums">{threshold?.toFixed(3) ?? "–"}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Passage({ slug, title, score, staff }: { slug: string; title: string; score: number; staff: Staff }) {
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
          {title} <span className="text-soft tabular-nums">{score.toFixed(2)}</span>
        </summary>
        <p className="border-s-2 border-line ps-3 whitespace-pre-wrap text-soft">
          {answer === undefined ? "Loading …" : (answer?.text ?? "This passage is in the knowledge base no longer.")}
        </p>
      </details>
    </li>
  );
}
