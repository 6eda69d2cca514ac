import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { ApiError } from "@/lib/api";
import { desk } from "@/lib/i18n/desk/en";
import type { LearnedEntry, Staff } from "@/lib/staff/client";
import { Learned } from "./Learned";
import { Spoken } from "./Speech";

const READ = { code: "read", detail: "read every sentence of it", blocks: false };
const entry = (changes: Partial<LearnedEntry>): LearnedEntry =>
  ({
    entry_id: "one",
    version: "1",
    title: "How do I print it?",
    answer: "Choose Export.",
    findings: [READ],
    nearest_title: "Export a board",
    nearest_cosine: 0.61,
    customers: 2,
    ticket_ids: ["TKT-0001"],
    ...changes,
  }) as LearnedEntry;

function open(entries: LearnedEntry[], decide = vi.fn(async () => ({}))) {
  const staff = {
    learned: vi.fn(async () => ({ learning: true, entries })),
    decideLearned: decide,
  } as unknown as Staff;
  const said = vi.fn();
  render(
    <Spoken language="en" t={desk}>
      <Learned staff={staff} onChanged={() => {}} onSaid={said} />
    </Spoken>,
  );
  return { decide, said };
}

it("approves by two keys what nothing speaks against, as it was seen", async () => {
  const { decide, said } = open([entry({})]);
  await screen.findByDisplayValue("Choose Export.");
  expect(screen.getByText(/The nearest section, 61% alike: Export a board\./)).toBeTruthy();
  await userEvent.keyboard("a");
  expect(decide).not.toHaveBeenCalled();
  await userEvent.keyboard("{Enter}");
  expect(decide.mock.calls).toEqual([["one", "approve", "1", { confirmed: ["read"] }]]);
  expect(said).toHaveBeenLastCalledWith(desk.learned.done.approve);
});

it("approves nothing unread: a doubt is confirmed first, what blocks is edited first", async () => {
  const names = { code: "names", detail: "names Acme", blocks: false };
  const orders = { code: "instructions", detail: "speaks to a program", blocks: true };
  const { decide } = open([
    entry({ findings: [names, READ] }),
    entry({ entry_id: "two", title: "And this?", findings: [orders, READ] }),
  ]);
  await screen.findByDisplayValue("Choose Export.");
  await userEvent.keyboard("a");
  expect(decide).not.toHaveBeenCalled();
  expect(document.activeElement).toBe(screen.getByRole("checkbox", { name: /Acme/ }));
  await userEvent.keyboard("{Enter}");
  expect(decide).not.toHaveBeenCalled();
  await userEvent.keyboard("{Enter}");
  expect(decide.mock.calls).toEqual([["one", "approve", "1", { confirmed: ["names", "read"] }]]);
  (document.activeElement as HTMLElement).blur();
  await userEvent.keyboard("j");
  await screen.findByDisplayValue("And this?");
  await userEvent.keyboard("a");
  expect(decide).toHaveBeenCalledTimes(1);
  expect(document.activeElement).toBe(screen.getByLabelText(desk.learned.answer));
});

it("shows what was found in the words that were sent, to confirm it", async () => {
  const details = [{ field: "one_case", message: "speaks of one case" }];
  const refusal = new ApiError(409, { error: "CONFIRM", message: "Read this", details });
  const decide = vi.fn().mockRejectedValueOnce(refusal).mockResolvedValue({});
  open([entry({})], decide);
  await userEvent.type(
    await screen.findByDisplayValue("Choose Export."),
    " I have done it.{Control>}{Enter}{/Control}",
  );
  await userEvent.keyboard("{Enter}");
  await userEvent.click(await screen.findByRole("checkbox", { name: /speaks of one case/ }));
  await userEvent.click(screen.getByRole("button", { name: /Approve what I wrote/ }));
  expect(decide).toHaveBeenLastCalledWith("one", "approve", "1", {
    title: "How do I print it?",
    answer: "Choose Export. I have done it.",
    confirmed: ["read", "one_case"],
  });
});
