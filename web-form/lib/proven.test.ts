import { expect, it, vi } from "vitest";
import { type Api, ApiError } from "./api";
import { proven } from "./proven";

const CHALLENGE = { parameters: {}, signature: "s" };
const needed = new ApiError(400, { error: "PROOF_REQUIRED" });

function asked(challenge: () => Promise<unknown>) {
  const api = { get: vi.fn(challenge) } as unknown as Api;
  return { api, ways: { solve: vi.fn(async () => "payload"), working: vi.fn() } };
}

it("works for a proof only where one is asked for", async () => {
  const { api, ways } = asked(async () => CHALLENGE);
  expect(await proven(api, async (headers) => headers, ways)).toEqual({});
  expect(api.get).not.toHaveBeenCalled();
  const call = vi.fn(async (headers: Record<string, string>) => {
    if (!headers["X-Altcha"]) throw needed;
    return "done";
  });
  expect(await proven(api, call, ways)).toBe("done");
  expect(call.mock.calls).toEqual([[{}], [{ "X-Altcha": "payload" }]]);
  expect(ways.working).toHaveBeenCalledTimes(1);
});

it("asks first where a body is not to be sent twice, and does without where none is needed", async () => {
  const off = asked(async () => {
    throw new ApiError(404, { error: "PROOF_OFF" });
  });
  expect(await proven(off.api, async (headers) => headers, { ...off.ways, first: true })).toEqual({});
  const on = asked(async () => CHALLENGE);
  const call = vi.fn(async (headers: Record<string, string>) => headers);
  expect(await proven(on.api, call, { ...on.ways, first: true })).toEqual({ "X-Altcha": "payload" });
  expect(call).toHaveBeenCalledTimes(1);
});
