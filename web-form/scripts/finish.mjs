// After `next build`: the widget, a .gz beside every script and sheet, so that the product compresses nothing itself,
// and all of it to where the product and its wheel look for it.

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const OUT = "out";
const PRODUCT = "../serve_app/web";
const widget = { entryPoints: ["widget/widget.ts"], outfile: `${OUT}/widget.js`, bundle: true, minify: true };
const define = { "process.env.NEXT_PUBLIC_API_BASE": "undefined" };
await build({ ...widget, define, target: "es2020", format: "iife", charset: "utf8", logLevel: "warning" });
for (const unused of ["404.html", "_not-found", "_not-found.html"])
  rmSync(`${OUT}/${unused}`, { recursive: true, force: true });

for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (/\.(txt|map)$/.test(entry.name))
    rmSync(file); // the payloads of Next's own navigation, which the pages do not use
  else if (/\.(js|css|svg)$/.test(entry.name)) writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
}

rmSync(PRODUCT, { recursive: true, force: true });
cpSync(OUT, PRODUCT, { recursive: true });
