// The server's own rules (lib/generated/rules.ts), applied to what is typed. Lengths count code points of the trimmed text.

export interface Rule {
  readonly required: boolean;
  readonly choices?: readonly string[];
  readonly standard?: string;
  /** A regular expression that the trimmed text matches. */
  readonly typed?: string;
  readonly least?: number;
  readonly most?: number;
}
export type Rules = Readonly<Record<string, Rule>>;

/** What is wrong with a value: the name of a sentence in the language files, and its numbers. */
export interface Problem {
  kind: "empty" | "choose" | "short" | "long" | "character" | "email" | "phone";
  least?: number;
  most?: number;
}

const SPACE = /^\p{White_Space}+|\p{White_Space}+$/gu;

export const trimmed = (text: string): string => text.replace(SPACE, "");
export const length = (text: string): number => [...trimmed(text)].length;

/** Return what is wrong with the value of this field, or null. */
export function check(field: string, rule: Rule, value: string): Problem | null {
  const text = trimmed(value);
  if (rule.choices) return rule.choices.includes(value) ? null : { kind: "choose" };
  if (text === "") return rule.required ? { kind: "empty" } : null;
  const count = [...text].length;
  if (rule.least && count < rule.least) return { kind: "short", least: rule.least };
  if (rule.most && count > rule.most) return { kind: "long", most: rule.most };
  if (text.includes("\0")) return { kind: "character" };
  if (rule.typed && !new RegExp(rule.typed, "u").test(text)) return { kind: field === "phone" ? "phone" : "email" };
  return null;
}

/** Return what is wrong by field; an empty object when nothing is. */
export function checkAll<Field extends string>(
  rules: Readonly<Record<Field, Rule>>,
  values: Record<Field, string>,
): Partial<Record<Field, Problem>> {
  const found: Partial<Record<Field, Problem>> = {};
  for (const field of Object.keys(rules) as Field[]) {
    const problem = check(field, rules[field], values[field]);
    if (problem) found[field] = problem;
  }
  return found;
}
