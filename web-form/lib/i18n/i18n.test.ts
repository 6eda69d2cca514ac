import { expect, it } from "vitest";
import { messages } from ".";
import { deskMessages } from "./desk";
import { LANGUAGES } from "./names";

/** The paths of all texts, with the places that are filled in. */
function texts(value: unknown, path = ""): [string, string[]][] {
  if (typeof value === "string") return [[path, (value.match(/\{\w+\}/g) ?? []).sort()]];
  return Object.entries(value as object).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
}

/** Refusals: a language may have a whole sentence where English takes the product's. */
const own = ([path, places]: [string, string[]]): [string, string[]] => [path, path.includes(".errors.") ? [] : places];

it.each(LANGUAGES)("%s says everything, with the same places to fill in", (language) => {
  expect(texts(messages(language))).toEqual(texts(messages("en")));
  expect(texts(deskMessages(language)).map(own)).toEqual(texts(deskMessages("en")).map(own));
  expect(JSON.stringify([messages(language), deskMessages(language)])).not.toMatch(/""/);
});

it("speaks another language at the desk, but for what is a name", () => {
  const said = (language: (typeof LANGUAGES)[number]) =>
    JSON.stringify(deskMessages(language)).match(/:"[^"]+"/g) ?? [];
  const english = new Set(said("en"));
  for (const language of LANGUAGES.filter((one) => one !== "en")) {
    const same = said(language).filter((text) => english.has(text));
    expect(same.length, `${language}: ${same}`).toBeLessThan(25);
  }
});
