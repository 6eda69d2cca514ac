// The solver of a proof of work (altcha, second version, SHA-256). In a worker on the pages, in slices in the widget.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import type { Schemas } from "./api";

export type Challenge = Schemas["Challenge"];

/** Try so many counters from `start` on; return altcha's payload with the one that was drawn, or null. */
export function solve(challenge: Challenge, start = 0, count = 0xffffffff): string | null {
  const { nonce, salt, cost, keyPrefix, keyLength } = challenge.parameters as {
    nonce: string;
    salt: string;
    cost: number;
    keyPrefix: string;
    keyLength: number;
  };
  const data = concatBytes(hexToBytes(salt), hexToBytes(nonce), new Uint8Array(4));
  const place = new DataView(data.buffer, data.byteOffset + data.length - 4);
  const wanted = hexToBytes(keyPrefix);
  for (let counter = start; counter < start + count; counter += 1) {
    place.setUint32(0, counter);
    let key = sha256(data);
    for (let round = 1; round < cost; round += 1) key = sha256(key);
    if (wanted.every((byte, at) => key[at] === byte)) {
      const solution = { counter, derivedKey: bytesToHex(key.slice(0, keyLength)) };
      return btoa(JSON.stringify({ challenge, solution }));
    }
  }
  return null;
}

const SLICE = 8;
const pause = () => new Promise((done) => setTimeout(done));

/** Solve without holding up the page that it runs in. */
export async function solveInSlices(challenge: Challenge): Promise<string> {
  for (let start = 0; ; start += SLICE) {
    const payload = solve(challenge, start, SLICE);
    if (payload) return payload;
    await pause();
  }
}
