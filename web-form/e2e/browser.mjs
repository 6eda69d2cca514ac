// What every browser test shares: Debian's Chromium, a page in a language and size, axe, screenshots.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = fileURLToPath(new URL("shots/", import.meta.url));
mkdirSync(SHOTS, { recursive: true });

const TABLES = 'export { messages } from "./lib/i18n"; export { deskMessages } from "./lib/i18n/desk";';
const { outputFiles } = await build({
  stdin: { contents: TABLES, resolveDir: fileURLToPath(new URL("..", import.meta.url)), loader: "ts" },
  bundle: true,
  format: "esm",
  write: false,
});
/** The words of the pages (`messages`) and of the desk (`deskMessages`) by language. */
export const { messages, deskMessages } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
);

/** Start the system's Chromium. Embedding pages are local ones here, and so may call the product. */
export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"],
  });

export function check(condition, what) {
  if (!condition) throw new Error(what);
}

export function equal(found, wanted, what) {
  check(
    JSON.stringify(found) === JSON.stringify(wanted),
    `${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`,
  );
}

/** A page whose console errors and violations of the content policy fail the test that `finish` ends. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const troubles = [];
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource|blocked by CORS/.test(message.text()))
      troubles.push(message.text());
  });
  page.setDefaultTimeout(60_000);
  const finish = async () => {
    await context.close();
    equal(troubles, [], "errors in the console");
  };
  return { page, context, finish };
}

/** Run axe on the page as it is, in the given theme, and keep a screenshot. Fails on any violation. */
export async function look(page, name) {
  await page.evaluate(AXE.includes("axe") ? AXE : "");
  const { violations } = await page.evaluate(() => window.axe.run());
  await page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
  equal(
    violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(" | ")}`),
    [],
    `axe on ${name}`,
  );
  await noneCut(page, name);
}

/** Fail when the page is wider than its window, or a text's box is smaller than its text. */
async function noneCut(page, name) {
  const cut = await page.evaluate(() => {
    const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth ? ["the page"] : [];
    const texts = [...document.querySelectorAll("h1,h2,p,label,a,button,dt,dd,span,li")];
    const hidden = texts.filter(
      (one) => one.checkVisibility() && one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1,
    );
    return [...wide, ...hidden.map((one) => one.outerHTML.slice(0, 120))];
  });
  equal(cut, [], `cut off on ${name}`);
}

/** Run the tests, E2E_ONLY those whose names contain it; print each with its seconds; exit 1 when one failed. */
export async function run(tests) {
  const browser = await launch();
  let failed = 0;
  const wanted = process.env.E2E_ONLY ?? "";
  for (const [name, test] of Object.entries(tests).filter(([name]) => name.includes(wanted))) {
    const began = performance.now();
    try {
      await test(browser);
      console.log(`ok    ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${name}\n${error.stack ?? error}`);
    }
  }
  await browser.close();
  process.exit(failed ? 1 : 0);
}
