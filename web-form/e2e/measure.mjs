// The form's first paint on throttled networks, median of five fresh visits: `node e2e/measure.mjs URL`.

import { launch } from "./browser.mjs";

const PROFILES = {
  "4G (9 Mbit/s, 85 ms)": { latency: 85, downloadThroughput: 9e6 / 8, uploadThroughput: 9e6 / 8 },
  "slow 4G (1.6 Mbit/s, 150 ms)": { latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 },
};
const [url] = process.argv.slice(2);
const browser = await launch();
for (const [name, conditions] of Object.entries(PROFILES)) {
  const visits = [];
  for (let n = 0; n < 5; n += 1) {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", { offline: false, ...conditions });
    await page.goto(url, { waitUntil: "load" });
    await page.locator("form button[type=submit]:enabled").waitFor();
    visits.push(
      await page.evaluate(() => ({
        paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
        usable: performance.now(),
      })),
    );
    await context.close();
  }
  const median = (key) => Math.round(visits.map((one) => one[key]).sort((a, b) => a - b)[2]);
  console.log(`${name}: first paint ${median("paint")} ms, usable ${median("usable")} ms`);
}
await browser.close();
