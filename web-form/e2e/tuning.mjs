// A tuning in Ray's dashboard: `node e2e/tuning.mjs URL TOKEN JOB`. The picture is shots/tuning.png; docs/pictures has a copy.

import { check, launch } from "./browser.mjs";

const [url, token, job] = process.argv.slice(2);
const browser = await launch();
const context = await browser.newContext({
  viewport: { width: 1440, height: 1500 },
  extraHTTPHeaders: { Authorization: `Bearer ${token}` },
});
const page = await context.newPage();
page.setDefaultTimeout(60_000);
await page.goto(`${url}/#/jobs/${job}`);
await page.getByText("RUNNING").first().waitFor();
// The trial's figures are in the job's log, of which the page draws the lines in view: its end is brought there.
const figures = page.getByText("recall@1").first();
for (let tries = 0; tries < 60 && !(await figures.isVisible()); tries += 1) {
  await page.getByRole("button", { name: "Refresh", exact: true }).click();
  await page.waitForTimeout(1_000);
  await page.evaluate(() => {
    for (const box of document.querySelectorAll("div"))
      if (getComputedStyle(box).overflowY === "auto") box.scrollTop = box.scrollHeight;
  });
  await page.waitForTimeout(500);
}
check(await figures.isVisible(), "the trial's figures in the job's log");
check((await page.innerText("body")).includes(job), "the job's page");
await page.screenshot({
  path: new URL("shots/tuning.png", import.meta.url).pathname,
  clip: { x: 0, y: 0, width: 1440, height: 1160 },
});
await browser.close();
