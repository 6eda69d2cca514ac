import type { Messages } from "./i18n/en";
import { fill } from "./i18n/fill";
import type { Problem } from "./validation";

/** Say in words what is wrong. */
export function sentence(problem: Problem, t: Messages, language: string): string {
  const number = (value = 0) => value.toLocaleString(language);
  return fill(t.problems[problem.kind], { least: number(problem.least), most: number(problem.most) });
}
