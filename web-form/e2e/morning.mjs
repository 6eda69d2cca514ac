// A support lead's morning by keyboard alone: `node e2e/morning.mjs URL KEY COUNT`. All that waits is worked off, and the
// keys are counted.

import { check, equal, look, open, run } from "./browser.mjs";

const [url, key, count] = process.argv.slice(2);
const waiting = Number(count);
/** Keys that a conversation may take beside the words of a reply. */
const MOST = { draft: 2, own: 2, resolve: 1, label: 4 };

const tests = {
  async "all that waits is worked off by keyboard alone, with two keys a conversation or fewer"(browser) {
    const { page, finish } = await open(browser);
    await page.goto(`${url}/staff`);
    await page.getByLabel("Staff key").fill(key);
    await page.keyboard.press("Enter");
    await page.locator("nav li").first().waitFor();
    await page.getByRole("button", { name: `Waiting ${waiting}` }).waitFor();
    await page.keyboard.press("j");
    const done = { draft: 0, own: 0, resolve: 0, label: 0 };
    const said = page.getByRole("status");
    for (let left = waiting; left > 0; left -= 1) {
      // The one that the address names, not the one before it.
      const here = await page.evaluate(() => location.hash);
      await page.locator(`nav a[aria-current][href="${here}"]`).waitFor();
      await page.locator("h2").waitFor();
      // One look: what the customer wants, what presses and who has it stand there without a key.
      await page.locator("[data-inbound]").last().waitFor();
      check(await page.locator("[data-inbound]").last().isVisible(), "the customer's words are in sight");
      const words = await page.locator("[data-inbound]").last().innerText();
      let keys = 0;
      const press = async (pressed) => {
        keys += 1;
        await page.keyboard.press(pressed);
      };
      let kind = "resolve";
      if (words.includes("password")) {
        kind = "draft";
        await press("d");
        await page.getByText("A draft by the agent, from").waitFor();
        if (left === waiting) await look(page, "desk-morning");
        await press("Control+Shift+Enter");
      } else if (words.includes("colleague")) {
        kind = "own";
        await press("r");
        await page.keyboard.type("I have looked into it: your workspace is back.");
        await press("Control+Shift+Enter");
      } else if (words.includes("invoice")) {
        kind = "label";
        await press("g");
        await press("b");
        await press("Enter");
        await said.getByText("Corrected.").waitFor();
        await press("e");
      } else {
        await press("e");
      }
      await page
        .waitForFunction((before) => location.hash !== before, here)
        .catch(async (error) => {
          const seen = await page.locator("[role=status], [role=alert]").allInnerTexts();
          throw new Error(`${kind}, ${left} left: nothing followed; the page says ${JSON.stringify(seen)}`, {
            cause: error,
          });
        });
      check(keys <= MOST[kind], `${kind}: ${keys} keys`);
      done[kind] += 1;
    }
    equal(await page.locator("nav li").count(), 0, "what waits in the end");
    check(
      Object.values(done).every((times) => times > 0),
      `each kind came: ${JSON.stringify(done)}`,
    );
    await page.getByText("Nothing here.").waitFor();
    console.log(`keys: ${JSON.stringify(done)}`);
    await finish();
  },
};

await run(tests);
