"use client";

import { useEffect, useState } from "react";
import type { Schemas } from "@/lib/api";
import type { Staff, Topic } from "@/lib/staff/client";
import { dayBefore } from "@/lib/staff/words";
import { Panel } from "./parts";

const DAYS = 7;

/** What the knowledge base had no answer to, and what the models cost, over the last days. */
export function Reports({ staff }: { staff: Staff }) {
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
      <Panel title={`Not in the knowledge base, last ${DAYS} days (${gaps?.length ?? "…"})`}>
        <ul className="flex flex-col gap-1 wrap-anywhere">
          {gaps?.map((topic) => (
            <li key={topic.words.join() + topic.tickets.join()}>
              <b>{topic.words.join(", ")}</b>
              <span className="text-soft">{`: ${topic.questions} questions, such as ${topic.tickets.join(", ")}`}</span>
            </li>
          ))}
          {gaps?.length === 0 && <li className="text-soft">Nothing was asked in vain.</li>}
        </ul>
      </Panel>
      <Panel title={`Models, last ${DAYS} days`}>
        {usage?.length === 0 && <p className="text-soft">No language model was asked, so nothing was paid.</p>}
        {usage && usage.length > 0 && (
          <div className="overflow-x-auto">
            <Costs usage={usage} />
          </div>
        )}
      </Panel>
    </>
  );
}

const number = new Intl.NumberFormat("en-GB");

function Costs({ usage }: { usage: Schemas["UsageView"][] }) {
  const heads = ["Turns", "Requests", "Tokens in", "Tokens out", "Cost"];
  return (
    <table className="w-full">
      <thead className="text-xs text-soft">
        <tr>
          <th scope="col" className="text-start font-normal">
            Model
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
                {number.format(value)}
              </td>
            ))}
            <td className="ps-3 text-end tabular-nums">{used.cost?.toFixed(2) ?? "no price"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
