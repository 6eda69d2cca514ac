"use client";

import { useEffect, useState } from "react";
import type { Schemas } from "@/lib/api";
import type { Staff } from "@/lib/staff/client";
import { Panel } from "./parts";

/** What the conversation took of language models, and what that cost. Nothing shows for the embedded model. */
export function Usage({ id, version, staff }: { id: string; version: string; staff: Staff }) {
  const [used, setUsed] = useState<Schemas["UsageView"][]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is why it is read again
  useEffect(() => {
    let wanted = true;
    staff.usage(id).then(
      ({ usage }) => wanted && setUsed(usage),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [id, version, staff]);
  if (!used.length) return null;
  return (
    <Panel title="Use of models" open={false}>
      <ul>
        {used.map((model) => (
          <li key={model.model}>
            {`${model.model}: ${model.requests} requests, ${model.input_tokens} + ${model.output_tokens} tokens`}
            {model.cost !== null && `, ${model.cost.toFixed(4)}`}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
