import type { ApiError } from "./api";
import type { Messages } from "./i18n/en";
import { fill } from "./i18n/fill";

/** What the product takes with a message: at most so many files, of so many bytes each, with these endings. */
export interface FileRules {
  most: number;
  largest: number;
  endings: readonly string[];
}
export interface FileProblem {
  kind: "many" | "empty" | "large" | "type";
  /** The file's name; "" where the product has not said which one. */
  name: string;
}

const CODES: Record<string, FileProblem["kind"]> = {
  TOO_MANY_FILES: "many",
  FILE_EMPTY: "empty",
  FILE_TOO_LARGE: "large",
  BODY_TOO_LARGE: "large",
  FILE_TYPE: "type",
};

/** The first file that is not taken, as far as that can be told before it is sent: the product looks at the bytes too. */
export function checkFiles(files: readonly File[], rules: FileRules): FileProblem | null {
  if (files.length > rules.most) return { kind: "many", name: "" };
  for (const { name, size } of files) {
    const ending = name.includes(".") ? name.slice(name.lastIndexOf(".") + 1).toLowerCase() : "";
    if (ending && !rules.endings.includes(ending)) return { kind: "type", name };
    if (size === 0) return { kind: "empty", name };
    if (size > rules.largest) return { kind: "large", name };
  }
  return null;
}

/** What the product found wrong with the files; null when it was something else. */
export function refusedFile(error: ApiError): FileProblem | null {
  const kind = CODES[error.code];
  return kind ? { kind, name: "" } : null;
}

/** Say in words what is wrong with the files. */
export function fileSentence({ kind, name }: FileProblem, rules: FileRules, t: Messages): string {
  return fill(t.files[kind], { name: name || t.files.one, ...fileNumbers(rules) });
}

/** The rules as they stand in the sentences. */
export const fileNumbers = ({ most, largest, endings }: FileRules) => ({
  most: String(most),
  size: String(largest / 1_000_000),
  endings: endings.join(", "),
});

/** The body of a message with files, as a form is sent. */
export function multipart(values: Record<string, string>, files: readonly File[]): FormData {
  const body = new FormData();
  for (const [name, value] of Object.entries(values)) body.append(name, value);
  for (const file of files) body.append("files", file);
  return body;
}

/** What makes these files the same ones again, for the key of a call. */
export const fileKeys = (files: readonly File[]) =>
  files.map(({ name, size, lastModified }) => `${name} ${size} ${lastModified}`);
