import { beforeEach, expect, it } from "vitest";
import { subjectOf } from "./panel";
import { readableOn, readSettings } from "./settings";
import { remember, remembered } from "./store";

function script(data: Record<string, string>): HTMLScriptElement {
  const made = document.createElement("script");
  made.src = "https://support.example/widget.js";
  Object.assign(made.dataset, data);
  return made;
}

beforeEach(() => localStorage.clear());

it("takes its theme from the tag, and nothing that is no colour", () => {
  const settings = readSettings(script({ language: "ar", theme: "dark", accent: "#00ff00", position: "start" }));
  expect(settings).toMatchObject({
    origin: "https://support.example",
    language: "ar",
    direction: "rtl",
    theme: "dark",
  });
  expect(settings).toMatchObject({ accent: "#00ff00", onAccent: "#000", position: "start", category: "how_to" });
  expect(readSettings(script({ accent: "red;}" })).accent).toBe("#4338ca");
});

it("writes readably on every colour", () => {
  expect([readableOn("#ffffff"), readableOn("#000000"), readableOn("#4338ca")]).toEqual(["#000", "#fff", "#fff"]);
});

it("makes a subject of five to 500 characters from any question", () => {
  for (const question of ["Hi?\nHow do I pay?", "x".repeat(9000), "word ".repeat(100), "How do I reset it?"])
    expect([...subjectOf(question)].length).toSatisfy((count: number) => count >= 5 && count <= 82);
});

it("remembers a ticket for each product, and nothing that is no ticket", () => {
  remember("https://a.example", { number: "TKT-0042", token: "t" });
  expect(remembered("https://a.example")).toEqual({ number: "TKT-0042", token: "t" });
  expect(remembered("https://b.example")).toBeNull();
  remember("https://a.example", null);
  expect(remembered("https://a.example")).toBeNull();
  localStorage.setItem("nightdesk:https://a.example", "[1]");
  expect(remembered("https://a.example")).toBeNull();
});
