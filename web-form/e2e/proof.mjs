// The form and the widget where each form needs a proof of work: `node e2e/proof.mjs URL ALLOWED_ORIGIN`. The product gives the
// challenges and checks what the browser makes of them.

import { equal, open, run } from "./browser.mjs";
import { embed } from "./pages.mjs";

const [url, allowed] = process.argv.slice(2);
const PNG = Buffer.from(`89504e470d0a1a0a0000000d49484452${"00".repeat(200)}`, "hex");

/** What the product said to each form, and whether a proof came with it. */
function watched(page) {
  const said = [];
  page.on("response", (response) => {
    const request = response.request();
    if (request.method() === "POST" && request.url().includes("/support/form"))
      said.push([response.status(), request.headers()["x-altcha"] !== undefined]);
  });
  return said;
}

async function fillIn(page, email) {
  await page.goto(url);
  const values = { name: "Ada Byron", email, subject: "Signing in", message: "How do I reset my password?" };
  for (const [field, value] of Object.entries(values)) await page.locator(`#${field}`).fill(value);
  await page.locator("#category").selectOption("account_access");
}

const tests = {
  async "the page proves its form when it is asked to, and before it sends files"(browser) {
    const { page, finish } = await open(browser);
    const said = watched(page);
    await fillIn(page, "form@customer.example.com");
    await page.getByRole("button", { name: "Send request" }).click();
    await page.getByRole("heading", { name: "We have your request" }).waitFor();
    await fillIn(page, "files@customer.example.com");
    await page.locator("#files").setInputFiles([{ name: "screen.png", mimeType: "image/png", buffer: PNG }]);
    await page.getByRole("button", { name: "Send request" }).click();
    await page.getByRole("heading", { name: "We have your request" }).waitFor();
    const wanted = [
      [400, false],
      [201, true],
      [201, true],
    ];
    equal(said, wanted, "answers, and whether with a proof");
    await finish();
  },

  async "the widget on another site proves its question"(browser) {
    const { page, context, finish } = await open(browser);
    const said = watched(page);
    await embed(context, url, allowed, "");
    await page.goto(`${allowed}/shop`);
    await page.getByRole("button", { name: "Ask us" }).click();
    await page.locator("#nd-name").fill("Ada Byron");
    await page.locator("#nd-email").fill("widget@customer.example.com");
    await page.locator("#nd-message").fill("How do I reset my password?");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await page.getByRole("log").locator("li").first().waitFor();
    equal(said.at(-1), [201, true], "the answer, and whether with a proof");
    await finish();
  },
};

await run(tests);
