// After `next build`: the widget and the worker of proofs, a .gz beside every script and sheet, so that the product compresses nothing itself,
// and all of it to where the product and its wheel look for it.

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const OUT = "out";
const PRODUCT = "../serve_app/web";
const scripts = { "widget/widget.ts": "widget.js", "lib/proof-worker.ts": "proof.js" };
const define = { "process.env.NEXT_PUBLIC_API_BASE": "undefined" };
for (const [entry, name] of Object.entries(scripts)) {
  const paths = { entryPoints: [entry], outfile: `${OUT}/${name}`, bundle: true, minify: true };
  await build({ ...paths, define, target: "es2020", format: "iife", charset: "utf8", logLevel: "warning" });
}
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
