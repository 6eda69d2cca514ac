import { render as draw, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type ReactNode, useState } from "react";
import { expect, it, vi } from "vitest";
import type { Draft, Staff, Summary } from "@/lib/staff/client";
import { useShortcuts } from "@/lib/staff/useShortcuts";
import { Answers } from "./Answers";
import { DraftCard } from "./DraftCard";
import { InEnglish } from "./InEnglish";
import { Mood } from "./Mood";
import { Queue } from "./Queue";

const render = (drawn: ReactNode) => draw(drawn, { wrapper: InEnglish });
const NOW = Date.parse("2026-11-30T12:00:00Z");
const row = (changes: Partial<Summary>): Summary =>
  ({
    conversation_id: "one",
    channel: "email",
    owner: "staff",
    assignee: null,
    customer_name: "Ada Byron",
    sender: "email:ada@example.com",
    handed_over_at: "2026-11-30T11:00:00Z",
    due_at: "2026-11-30T11:50:00Z",
    taken_at: null,
    updated_at: "2026-11-30T11:00:00Z",
    ticket_id: "TKT-0001",
    subject: "The contract",
    severity: "critical",
    queue: "legal",
    escalation_reason: "legal",
    drafts: 0,
    looking: [],
    last_at: null,
    ...changes,
  }) as Summary;

it("says of each conversation what presses, once, and who else looks", () => {
  const rows = [row({}), row({ conversation_id: "two", queue: "billing", assignee: "ann", looking: ["ann", "bob"] })];
  render(<Queue title="Waiting" rows={rows} more={false} selected="two" me="ann" now={NOW} onMore={() => {}} />);
  const [first, second] = screen.getAllByRole("link");
  expect(first?.textContent).toContain("late by 10 min");
  expect(first?.textContent?.match(/legal/g)).toHaveLength(1);
  expect(first?.textContent).toContain("nobody yet");
  expect(second?.textContent).toContain("bob looking");
  expect(second?.textContent).toContain("you");
  expect(second?.getAttribute("aria-current")).toBe("true");
  expect(second?.getAttribute("href")).toBe("#two");
});

it("sends a draft as it is, or what became of it", async () => {
  const draft = { draft_id: "d", text: "Open the menu.", sources: ["boards"] } as Draft;
  const approve = vi.fn();
  render(<DraftCard draft={draft} busy={false} box={null} onApprove={approve} />);
  await userEvent.click(screen.getByRole("button", { name: /Approve and send/ }));
  await userEvent.type(screen.getByRole("textbox"), " Then export.");
  await userEvent.click(screen.getByRole("button", { name: /Send in my name/ }));
  expect(approve.mock.calls).toEqual([
    [draft, null],
    [draft, "Open the menu. Then export."],
  ]);
});

it("offers what the agent found, and searches where it found nothing", async () => {
  const answer = (title: string) => ({
    answers: [{ slug: title, title, category: "", text: `${title}!`, source: "" }],
  });
  const staff = {
    answersOf: vi.fn(async () => answer("Found")),
    answers: vi.fn(async () => answer("Searched")),
  } as unknown as Staff;
  const take = vi.fn();
  const { rerender } = render(<Answers staff={staff} slugs={["found"]} about="boards" onTake={take} />);
  await userEvent.click(await screen.findByRole("button", { name: "Insert: Found" }));
  expect(take).toHaveBeenCalledWith("Found!");
  rerender(<Answers staff={staff} slugs={[]} about="boards" onTake={take} />);
  await screen.findByText("Searched");
  expect(staff.answers).toHaveBeenCalledWith("boards");
});

it("draws the mood and tells it", () => {
  render(<Mood scores={[0.8, 0.5, 0.2]} trend={-0.3} />);
  expect(screen.getByRole("img").getAttribute("aria-label")).toBe("Mood over 3 messages: angry (0.20; falling)");
});

function Field({ done }: { done: () => void }) {
  const [text, setText] = useState("");
  useShortcuts(Object.fromEntries(["j", "Escape"].map((key) => [key, done])));
  return <input aria-label="field" value={text} onChange={(event) => setText(event.target.value)} />;
}

it("takes keys wherever nobody writes", async () => {
  const done = vi.fn();
  render(<Field done={done} />);
  await userEvent.keyboard("j");
  expect(done).toHaveBeenCalledTimes(1);
  await userEvent.type(screen.getByLabelText("field"), "jj");
  expect(done).toHaveBeenCalledTimes(1);
  await userEvent.keyboard("{Escape}");
  expect(done).toHaveBeenCalledTimes(2);
});
