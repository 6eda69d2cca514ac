import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, apiClient, submissionKeys } from "./api";

const answers: (() => Promise<Response>)[] = [];
const calls: { url: string; headers: Record<string, string> }[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  calls.length = answers.length = 0;
  vi.stubGlobal("fetch", (url: string, { headers }: { headers: Record<string, string> }) => {
    calls.push({ url, headers });
    return (answers.shift() ?? (() => Promise.reject(new TypeError("no answer"))))();
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const says =
  (status: number, body: unknown, headers = {}) =>
  async () =>
    new Response(JSON.stringify(body), { status, headers });

it("repeats a call under the same key while the service is away, at the address it was given", async () => {
  answers.push(
    () => Promise.reject(new TypeError("refused")),
    says(503, {}, { "Retry-After": "3" }),
    says(201, { ticket_id: "TKT-1" }),
  );
  const waiting = vi.fn();
  const sent = apiClient("https://elsewhere.example/api").postOnce("/support/form", { a: 1 }, "key-1", { waiting });
  await vi.advanceTimersByTimeAsync(2000);
  await vi.advanceTimersByTimeAsync(2999);
  expect(calls).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(await sent).toEqual({ ticket_id: "TKT-1" });
  expect(calls.map(({ url, headers }) => [url, headers["Idempotency-Key"]])).toEqual(
    Array(3).fill(["https://elsewhere.example/api/support/form", "key-1"]),
  );
  expect(waiting).toHaveBeenCalledTimes(2);
});

it("gives up after five tries", async () => {
  const failed = apiClient("")
    .postOnce("/x", {}, "k", { waiting: () => {} })
    .catch((error) => error);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await failed).toMatchObject({ status: 0 });
  expect(calls).toHaveLength(5);
});

it("does not repeat a refusal, and tells what it names", async () => {
  answers.push(says(400, { error: "VALIDATION", message: "no", details: [{ field: "email", message: "bad" }] }));
  const error = await apiClient("")
    .postOnce<ApiError>("/x", {}, "k", { waiting: () => {} })
    .catch((one: ApiError) => one);
  expect(error).toBeInstanceOf(ApiError);
  expect([error.status, error.code, error.details]).toEqual([400, "VALIDATION", [{ field: "email", message: "bad" }]]);
  expect(calls).toHaveLength(1);
});

it("keeps the key of a body until the body changes", () => {
  const keyOf = submissionKeys();
  const first = keyOf({ a: 1 });
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(keyOf({ a: 1 })).toBe(first);
  expect(keyOf({ a: 2 })).not.toBe(first);
});
