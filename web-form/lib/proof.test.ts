import { expect, it } from "vitest";
import { solve, solveInSlices } from "./proof";

/** Made, and solved, by the library that the product checks with; its counter is 20. */
const CHALLENGE = {
  parameters: {
    algorithm: "SHA-256",
    cost: 3,
    keyLength: 32,
    keyPrefix: "3bb9435c27a80c4f93d77a0454c4a707",
    nonce: "f51be2f4da9f13cd85bec5258a5ff06e",
    salt: "35f1d523269dc54501e287dd48df3437",
    expiresAt: 2000000000,
  },
  signature: "8336a2aaa938d6aacbc1a1f34242521433adbddfd52e3433a1a2386852a4207f",
};
const SOLUTION = { counter: 20, derivedKey: "3bb9435c27a80c4f93d77a0454c4a707dc933254a7dfc0c98a02820d7ad62d1e" };

it("finds the counter that was drawn, and says so as altcha does", async () => {
  expect(solve(CHALLENGE, 0, 20)).toBeNull();
  const payload = solve(CHALLENGE) ?? "";
  expect(JSON.parse(atob(payload))).toEqual({ challenge: CHALLENGE, solution: SOLUTION });
  expect(await solveInSlices(CHALLENGE)).toBe(payload);
});
