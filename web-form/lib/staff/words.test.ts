import { describe, expect, it } from "vitest";
import { ApiError } from "@/lib/api";
import { deskMessages } from "@/lib/i18n/desk";
import { named, speech } from "./words";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();
const english = speech(deskMessages("en"), "en");
const german = speech(deskMessages("de"), "de");

describe("the clock of a hand-over", () => {
  it.each([
    [45, "due in 45 min", "soft"],
    [29, "due in 29 min", "warm"],
    [-5, "late by 5 min", "bad"],
    [-65, "late by 1 hr 5 min", "bad"],
  ])("%i minutes away", (minutes, text, tone) => {
    expect(english.clock({ due_at: at(minutes), taken_at: null }, NOW)).toEqual({ text, tone });
  });

  it("stands still once it was taken, and before a time is set", () => {
    expect(english.clock({ due_at: at(-5), taken_at: at(-9) }, NOW)).toBeNull();
    expect(english.clock({ due_at: null, taken_at: null }, NOW)).toBeNull();
  });
});

it("tells lengths, numbers and days as the language does", () => {
  const lengths = [20, 60, 3600, 7500, 200_000];
  expect(lengths.map(english.span)).toEqual(["20 sec", "1 min", "1 hr", "2 hr 5 min", "2 days"]);
  expect(lengths.slice(0, 4).map(german.span)).toEqual(["20 Sek.", "1 Min.", "1 Std.", "2 Std. 5 Min."]);
  expect([english.number(12345.678), german.number(12345.678), german.number(0.5, 3)]).toEqual([
    "12,345.68",
    "12.345,68",
    "0,500",
  ]);
  expect(german.day("2026-11-30")).toBe("30.11.2026");
});

it("tells moods and codes in words, and a code that it has no word for as it is", () => {
  expect([0.1, 0.4, 0.6, 0.9, null].map(english.mood)).toEqual(["angry", "uneasy", "calm", "content", ""]);
  expect(named(german.t.queues, "billing")).toBe("Abrechnung");
  expect([named(german.t.reasons, "made_up_since"), named(german.t.reasons, null)]).toEqual(["made up since", ""]);
});

it("says why a call failed in its own words, with the product's sentence where nobody else has one", () => {
  const refused = (error: string, message: string) => new ApiError(409, { error, message });
  expect(english.why(refused("CHANGED", "bob replied"))).toBe("bob replied");
  expect(german.why(refused("CHANGED", "bob replied"))).toMatch(/^Seit Sie .*bob replied/);
  expect(german.why(refused("NEW_CODE", "Something new"))).toBe("Something new");
  expect(german.why(new ApiError(503))).toBe(german.t.away);
});
