"use client";

import { useEffect, useState } from "react";
import type { Schemas } from "@/lib/api";
import { fill } from "@/lib/i18n/fill";
import type { Staff, Topic } from "@/lib/staff/client";
import { dayBefore } from "@/lib/staff/words";
import { Panel } from "./parts";
import { useSpeech } from "./Speech";

const DAYS = 7;

/** What the knowledge base had no answer to, and what the models cost, over the last days. */
export function Reports({ staff }: { staff: Staff }) {
  const { t, number } = useSpeech();
  const { overview } = t;
  const [gaps, setGaps] = useState<Topic[] | null>(null);
  const [usage, setUsage] = useState<Schemas["UsageView"][] | null>(null);
  useEffect(() => {
    let wanted = true;
    // Where the team is, today may not have begun.
    const digest = staff
      .digest(dayBefore(DAYS - 1), dayBefore(0))
      .catch(() => staff.digest(dayBefore(DAYS), dayBefore(1)));
    digest.then(
      (pair) => wanted && setGaps(pair.digest.unanswered),
      () => wanted && setGaps([]),
    );
    staff.usageOf("7d").then(
      ({ usage: found }) => wanted && setUsage(found),
      () => wanted && setUsage([]),
    );
    return () => {
      wanted = false;
    };
  }, [staff]);
  return (
    <>
      <Panel title={fill(overview.gaps, { days: number(DAYS), count: gaps ? number(gaps.length) : "…" })}>
        <ul className="flex flex-col gap-1 wrap-anywhere">
          {gaps?.map((topic) => (
            <li key={topic.words.join() + topic.tickets.join()}>
              <bdi className="font-bold">{topic.words.join(", ")}</bdi>
              <span className="text-soft">
                {` · ${fill(overview.gap, { count: number(topic.questions), tickets: topic.tickets.join(", ") })}`}
              </span>
            </li>
          ))}
          {gaps?.length === 0 && <li className="text-soft">{overview.noGaps}</li>}
        </ul>
      </Panel>
      <Panel title={fill(overview.models, { days: number(DAYS) })}>
        {usage?.length === 0 && <p className="text-soft">{overview.noModels}</p>}
        {usage && usage.length > 0 && (
          <div className="overflow-x-auto">
            <Costs usage={usage} />
          </div>
        )}
      </Panel>
    </>
  );
}

function Costs({ usage }: { usage: Schemas["UsageView"][] }) {
  const { t, number } = useSpeech();
  const { turns, requests, tokensIn, tokensOut, cost, model, noPrice } = t.overview;
  const heads = [turns, requests, tokensIn, tokensOut, cost];
  return (
    <table className="w-full">
      <thead className="text-xs text-soft">
        <tr>
          <th scope="col" className="text-start font-normal">
            {model}
          </th>
          {heads.map((head) => (
            <th key={head} scope="col" className="ps-3 text-end font-normal">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {usage.map((used) => (
          <tr key={used.model} className="border-t border-edge">
            <th scope="row" className="py-1 text-start font-medium">
              {used.model}
            </th>
            {[used.turns, used.requests, used.input_tokens, used.output_tokens].map((value, index) => (
              <td key={heads[index]} className="ps-3 text-end tabular-nums">
                {number(value)}
              </td>
            ))}
            <td className="ps-3 text-end tabular-nums">{used.cost === null ? noPrice : number(used.cost, 2)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
