// The workbench's report, a file, in a browser without a network: `node e2e/report.mjs FILE`. Pictures: shots/report-*.png.

import { pathToFileURL } from "node:url";
import { check, equal, look, open, run } from "./browser.mjs";

const address = pathToFileURL(process.argv[2]).href;
const SIZES = {
  wide: { viewport: { width: 1440, height: 900 } },
  narrow: { viewport: { width: 390, height: 844 } },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
};

/** The report opened in a context that is offline; `finish` fails on any request beside the file itself. */
async function report(browser, options) {
  const { page, context, finish } = await open(browser, options);
  await context.setOffline(true);
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(address);
  return {
    page,
    async finish() {
      equal(requests, [address], "what was asked for");
      await finish();
    },
  };
}

async function plots(page) {
  const found = await page.locator("figure svg").all();
  equal(found.length, 2, "plots");
  for (const plot of found) {
    check(await plot.isVisible(), "a plot is visible");
    const { width, height } = await plot.boundingBox();
    check(width > 250 && height > 80, `a plot of ${width} × ${height}`);
  }
}

/** Both tables of misses have the models beside each other, with what each of them found. */
async function misses(page) {
  const tables = await page.locator("table.texts").all();
  equal(tables.length, 2, "tables of misses: lost, and won");
  for (const table of tables) {
    const [question, wanted, ...models] = await table.locator("th").allInnerTexts();
    equal([question, wanted, models.length], ["question", "wanted", 2], "the columns");
    check(models[0] !== models[1], `the models: ${models}`);
    const rows = await table.locator("tbody tr").all();
    check(rows.length > 0, "a miss");
    for (const row of rows) {
      const cells = await row.locator("td").allInnerTexts();
      check(cells.length === 4 && cells.every((text) => text.trim()), `a row: ${cells}`);
      check(cells[2] !== cells[3], `both found the same: ${cells}`);
    }
  }
}

const opened = (name) => async (browser) => {
  const { page, finish } = await report(browser, SIZES[name]);
  await plots(page);
  await misses(page);
  await look(page, `report-${name}`);
  await finish();
};

await run(Object.fromEntries(Object.keys(SIZES).map((name) => [`the report, ${name}`, opened(name)])));
