// The page's own verdict on each form of a JSON list on standard input: the names of the fields it finds wrong.

import { readFileSync } from "node:fs";
import { build } from "esbuild";

const source = 'export { checkAll } from "./lib/validation"; export { SUPPORT_FORM } from "./lib/generated/rules";';
const stdin = { contents: source, resolveDir: process.cwd(), loader: "ts" };
const { outputFiles } = await build({ stdin, bundle: true, format: "esm", write: false });
const { checkAll, SUPPORT_FORM } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`
);
const forms = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(
  JSON.stringify(forms.map((form) => Object.keys(checkAll(SUPPORT_FORM, { homepage: "", ...form })).sort())),
);
