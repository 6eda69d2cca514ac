"use client";

import { useEffect, useState } from "react";
import type { Schemas } from "@/lib/api";
import { fill } from "@/lib/i18n/fill";
import type { Staff } from "@/lib/staff/client";
import { Panel } from "./parts";
import { useSpeech } from "./Speech";

/** What the conversation took of language models, and what that cost. Nothing shows for the embedded model. */
export function Usage({ id, version, staff }: { id: string; version: string; staff: Staff }) {
  const { t, number } = useSpeech();
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
    <Panel title={t.about.usage} open={false}>
      <ul>
        {used.map((model) => (
          <li key={model.model}>
            {fill(t.about.usageOf, {
              model: model.model,
              requests: number(model.requests),
              input: number(model.input_tokens),
              output: number(model.output_tokens),
            })}
            {model.cost !== null && ` · ${fill(t.reply.cost, { cost: number(model.cost, 4) })}`}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
