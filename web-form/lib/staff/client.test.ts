import { afterEach, expect, it, vi } from "vitest";
import { staffClient } from "./client";

afterEach(() => vi.unstubAllGlobals());

function recorded() {
  const calls: { url: string; init: RequestInit }[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    calls.push({ url, init });
    return new Response("{}", { status: 200 });
  });
  return calls;
}

it("acts on what was seen, in the session, once", async () => {
  const calls = recorded();
  const staff = staffClient();
  await staff.act("id", "reply", "0123456789abcdef", { text: "Hello" });
  await staff.act("id", "reply", "0123456789abcdef", { text: "Hello" });
  await staff.act("id", "reply", "fedcba9876543210", { text: "Hello" });
  const headers = calls.map(({ init }) => init.headers as Record<string, string>);
  expect(headers.map((sent) => sent["If-Match"])).toEqual([
    '"0123456789abcdef"',
    '"0123456789abcdef"',
    '"fedcba9876543210"',
  ]);
  expect(headers[1]?.["Idempotency-Key"]).toBe(headers[0]?.["Idempotency-Key"]);
  expect(headers[2]?.["Idempotency-Key"]).not.toBe(headers[0]?.["Idempotency-Key"]);
  expect(calls.every(({ init }) => init.credentials === "same-origin")).toBe(true);
  expect(headers.every((sent) => sent["X-Nightdesk-Desk"] === "1")).toBe(true);
});

it("asks for a list with the filters that are set", async () => {
  const calls = recorded();
  const wanted = {
    list: "handed_over",
    queue: "legal",
    severity: "",
    channel: "",
    assignee: "me",
    search: "",
  } as const;
  await staffClient().list(wanted, "last");
  expect(calls[0]?.url).toBe("/api/v1/conversations?state=handed_over&queue=legal&assignee=me&after=last");
});
