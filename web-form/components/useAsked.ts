"use client";

import { useState } from "react";
import { type Api, type ApiError, apiClient } from "@/lib/api";
import { company } from "@/lib/company";
import { explain } from "@/lib/explain";
import { useTexts } from "./Texts";
import { useSending } from "./useSending";

/** A call that has mail sent, and whose answer is one sentence beside its button. `told` is that sentence. */
export function useAsked(endpoint?: string) {
  const { t } = useTexts();
  const { busy, run } = useSending();
  const [told, setTold] = useState("");

  async function ask(
    body: unknown,
    call: (api: Api, key: string, waiting: () => void) => Promise<unknown>,
    done: string,
  ) {
    setTold(t.oneMoment);
    const waiting = () => setTold(t.waitingForService);
    const failed = (error: ApiError) => setTold(explain(error, t, company().supportAddress, t.mailOff));
    const answer = await run(body, (key) => call(apiClient(endpoint), key, waiting), failed);
    if (answer !== null) setTold(done);
  }

  return { busy, told, ask };
}
