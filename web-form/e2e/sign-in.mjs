// Signing in by the provider of identities, by keyboard: `node e2e/sign-in.mjs URL`. Ann is on the list, Eve is not.

import { check, equal, look, open, run } from "./browser.mjs";

const [url] = process.argv.slice(2);

async function atProvider(page, address) {
  await page.goto(`${url}/staff`);
  await page.getByRole("link", { name: "Sign in with your account" }).press("Enter");
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
  await page.getByLabel("Address").fill(address);
  await page.keyboard.press("Enter");
}

const tests = {
  async "whom the list names works at the desk under their address, and signs out"(browser) {
    const { page, context, finish } = await open(browser);
    await page.goto(`${url}/staff`);
    await page.getByRole("link", { name: "Sign in with your account" }).waitFor();
    await look(page, "desk-sign-in-provider");
    await atProvider(page, "ann@example.com");
    await page.getByText("ann@example.com").waitFor();
    equal(await page.evaluate(() => document.cookie), "", "what scripts see of the session");
    check(
      (await context.cookies(url)).every((cookie) => cookie.httpOnly),
      "cookies that no script reads",
    );
    await page.getByRole("button", { name: "Sign out" }).press("Enter");
    await page.getByLabel("Staff key").waitFor();
    await finish();
  },

  async "whom no list names is told so"(browser) {
    const { page, finish } = await open(browser, { viewport: { width: 360, height: 760 }, colorScheme: "dark" });
    await atProvider(page, "eve@elsewhere.example.com");
    await page.getByRole("alert").filter({ hasText: "You may not work at this desk." }).waitFor();
    await look(page, "desk-sign-in-refused");
    await finish();
  },
};

await run(tests);
