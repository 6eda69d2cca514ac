import { type Api, ApiError } from "./api";
import type { Challenge } from "./proof";

type Headers = Record<string, string>;

interface Ways {
  /** How a challenge is solved. */
  solve: (challenge: Challenge) => Promise<string>;
  /** Called before it is, since that takes a moment. */
  working: () => void;
  /** Ask for a challenge first: a body with files is not to be sent twice. */
  first?: boolean;
}

/** Make a call that may need a proof of work: without one first, and again with one where it is asked for. */
export async function proven<T>(
  api: Api,
  call: (headers: Headers) => Promise<T>,
  { solve, working, first }: Ways,
): Promise<T> {
  async function proof(): Promise<Headers> {
    const challenge = await api.get<Challenge>("/support/challenge");
    working();
    return { "X-Altcha": await solve(challenge) };
  }
  if (first) {
    const headers = await proof().catch((error) => {
      if (error instanceof ApiError && error.code === "PROOF_OFF") return {};
      throw error;
    });
    return call(headers);
  }
  try {
    return await call({});
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "PROOF_REQUIRED") throw error;
    return call(await proof());
  }
}

/** Solve in a worker, which the page does not wait for. */
export function solveInWorker(challenge: Challenge): Promise<string> {
  return new Promise((done, failed) => {
    const worker = new Worker("/proof.js");
    worker.onmessage = ({ data }) => {
      worker.terminate();
      done(data);
    };
    worker.onerror = () => {
      worker.terminate();
      failed(new ApiError(0));
    };
    worker.postMessage(challenge);
  });
}
