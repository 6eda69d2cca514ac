import { expect, it } from "vitest";
import { messages } from ".";
import { LANGUAGES } from "./names";

/** The paths of all texts, with the places that are filled in. */
function texts(value: unknown, path = ""): [string, string[]][] {
  if (typeof value === "string") return [[path, (value.match(/\{\w+\}/g) ?? []).sort()]];
  return Object.entries(value as object).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
}

it.each(LANGUAGES)("%s says everything, with the same places to fill in", (language) => {
  expect(texts(messages(language))).toEqual(texts(messages("en")));
  expect(JSON.stringify(messages(language))).not.toMatch(/""/);
});
