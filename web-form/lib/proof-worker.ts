// Becomes /proof.js: a worker of the pages' own origin, which their policy allows.

import { type Challenge, solve } from "./proof";

addEventListener("message", ({ data }: MessageEvent<Challenge>) => postMessage(solve(data)));
