import { useRef, useState } from "react";
import { ApiError, submissionKeys } from "@/lib/api";

/**
 * One call at a time, under a key that stays the same until the body changes: a second click does nothing, and what is
 * repeated after a broken connection is done once.
 */
export function useSending() {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const [keyOf] = useState(submissionKeys);

  async function run<T>(
    body: unknown,
    call: (key: string) => Promise<T>,
    failed: (error: ApiError) => void,
  ): Promise<T | null> {
    if (running.current) return null;
    running.current = true;
    setBusy(true);
    try {
      return await call(keyOf(body));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      failed(error);
      return null;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }

  return { busy, run };
}
