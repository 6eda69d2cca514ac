import { renderHook, act as settle } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import type { Message, Staff, Talk } from "@/lib/staff/client";
import { InEnglish } from "./InEnglish";
import { useActs } from "./useActs";
import type { Texts } from "./useTexts";

const talkWith = (version: string, ...messages: string[]) =>
  ({
    conversation_id: "c",
    version,
    messages: messages.map((message_id) => ({ message_id }) as Message),
  }) as Talk;

/** The desk with a conversation in which `meanwhile` stands after the first call. */
function desk(meanwhile: Talk) {
  const newest = { current: talkWith("v1", "m1") };
  const calls: [string, string][] = [];
  let release = () => {};
  const held = new Promise<void>((done) => {
    release = done;
  });
  const staff = {
    act: vi.fn(async (_id: string, step: string, version: string) => {
      calls.push([step, version]);
      await held;
      return { message_id: "m2" };
    }),
  } as unknown as Staff;
  const said: string[] = [];
  const texts = { text: "Hello", draft: undefined, begun: { current: {} }, sent() {}, told() {} } as unknown as Texts;
  const hook = renderHook(
    () =>
      useActs({
        staff,
        talk: talkWith("v1", "m1"),
        newest,
        rows: [],
        texts,
        reload: async () => {
          newest.current = meanwhile;
        },
        say: (text) => said.push(text),
        failed: (error) => said.push(String(error)),
        onNext() {},
        onSent() {},
        onText() {},
      }),
    { wrapper: InEnglish },
  );
  return { hook, calls, said, release, newest };
}

it("does what is asked for meanwhile afterwards, knowing what came of the first", async () => {
  const { hook, calls, release } = desk(talkWith("v2", "m1"));
  await settle(async () => hook.result.current.act("label", { category: "billing" }));
  await settle(async () => hook.result.current.act("resolve"));
  expect(calls).toEqual([["label", "v1"]]);
  await settle(async () => release());
  expect(calls).toEqual([
    ["label", "v1"],
    ["resolve", "v2"],
  ]);
});

it.each([
  ["knows what its own last step left, before the page shows it", "v2", "v2"],
  ["does not know what somebody else did since", "v3", "v1"],
])("%s", async (_, found, known) => {
  const { hook, calls, release, newest } = desk(talkWith("v2", "m1"));
  await settle(async () => hook.result.current.act("label", { category: "billing" }));
  await settle(async () => release());
  newest.current = talkWith(found, "m1");
  await settle(async () => hook.result.current.act("resolve"));
  expect(calls.at(-1)).toEqual(["resolve", known]);
});

it.each([
  ["resolves with the reply", ["m1", "m2"], 2],
  ["does not where the customer has written meanwhile", ["m1", "m2", "m3"], 1],
])("%s", async (_, messages, expected) => {
  const { hook, calls, said, release } = desk(talkWith("v2", ...messages));
  await settle(async () => hook.result.current.reply(true));
  await settle(async () => release());
  expect(calls).toHaveLength(expected);
  expect(said.includes("Something new was written meanwhile: read it first.")).toBe(expected === 1);
});
