import { describe, expect, it } from "vitest";
import { clock, mood, span, words } from "./words";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();

describe("the clock of a hand-over", () => {
  it.each([
    [45, "due in 45 min", "soft"],
    [29, "due in 29 min", "warm"],
    [-5, "late by 5 min", "bad"],
    [-65, "late by 1 h 5 min", "bad"],
  ])("%i minutes away", (minutes, text, tone) => {
    expect(clock({ due_at: at(minutes), taken_at: null }, NOW)).toEqual({ text, tone });
  });

  it("stands still once it was taken, and before a time is set", () => {
    expect(clock({ due_at: at(-5), taken_at: at(-9) }, NOW)).toBeNull();
    expect(clock({ due_at: null, taken_at: null }, NOW)).toBeNull();
  });
});

it("tells lengths, moods and codes in words", () => {
  expect([20, 60, 3600, 7500, 200_000].map(span)).toEqual(["20 s", "1 min", "1 h", "2 h 5 min", "2 d"]);
  expect([0.1, 0.4, 0.6, 0.9, null].map(mood)).toEqual(["angry", "uneasy", "calm", "content", ""]);
  expect(words("no_kb_match")).toBe("no kb match");
});
