// The customers' pages in a real browser against the running product: `node e2e/customers.mjs URL ALLOWED_ORIGIN`.

import { randomBytes } from "node:crypto";
import { check, equal, look, messages, open, run } from "./browser.mjs";
import { embed, ticketPath } from "./pages.mjs";

const [url, allowed] = process.argv.slice(2);
const QUESTION = "I forgot my password. How can I reset it?";
let serial = 0;
const address = () => `e2e-${Date.now()}-${serial++}@customer.example.com`;

async function fillIn(page, changes = {}) {
  const values = { name: "Ada Byron", email: address(), subject: "Signing in", message: QUESTION, ...changes };
  for (const [field, value] of Object.entries(values)) await page.locator(`#${field}`).fill(value);
  await page.locator("#category").selectOption(changes.category ?? "account_access");
}

const submit = (page) => page.locator("form button[type=submit]").first().click();
const onForm = (path) => (request) => request.method() === "POST" && request.url().endsWith(path);

/** Open a ticket by the API: the tests of the status page begin there. */
async function ticket(page, message = QUESTION) {
  const form = { name: "Ada Byron", email: address(), subject: "Signing in", category: "account_access", message };
  const answer = await page.request.post(`${url}/api/v1/support/form`, { data: form });
  equal(answer.status(), 201, "status of the form");
  const { ticket_id, status_token } = await answer.json();
  const known = { number: ticket_id, token: status_token };
  return { ...known, path: ticketPath(url, known) };
}

/** A file for an upload. */
const file = (name, buffer) => ({ name, mimeType: "application/octet-stream", buffer });
const PNG = Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), randomBytes(2_000)]);
const PROGRAM = Buffer.concat([Buffer.from("4d5a9000", "hex"), randomBytes(2_000)]);

/** From the empty form to the answer and a further question, in a language, by keyboard alone. */
async function byKeyboard(browser, language, locale) {
  const t = messages(language);
  const shot = (name) => look(page, `${name}-1440-light-${language}`);
  const { page, finish } = await open(browser, { locale });
  await page.goto(url);
  await shot("form");
  await page.locator("#name").focus();
  await page.keyboard.press("Enter");
  await page.locator("#name[aria-invalid=true]").waitFor();
  equal(await page.evaluate(() => document.activeElement.id), "name", "focus on the first wrong field");
  equal(await page.locator("[aria-invalid=true]").count(), 5, "wrong fields");
  equal(await page.locator("#category-error").textContent(), t.problems.choose, "the category's problem");
  await shot("form-errors");
  for (const word of ["Ada Byron", address(), "", "Signing in"]) {
    await page.keyboard.type(word);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.type(t.categories.account_access.slice(0, 3)); // the select takes what begins so
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.type(QUESTION);
  equal(await page.locator("[aria-invalid=true]").count(), 0, "wrong fields once filled in");
  await page.keyboard.press("Tab");
  equal(await page.evaluate(() => document.activeElement.id), "files", "the way to the files");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: t.doneTitle }).waitFor();
  equal(await page.evaluate(() => document.activeElement.tagName), "H1", "focus on the confirmation");
  await shot("success");
  await page.getByRole("link", { name: t.readAnswer }).press("Enter");
  const answer = page.locator("[role=log] li").nth(1);
  await answer.waitFor();
  const text = await answer.innerText();
  check(text.includes("Forgot password"), `an answer from the documents: ${text}`);
  check(!/Hello|status#TKT|Your ticket is/.test(text), `no greeting and no raw link in a bubble: ${text}`);
  check(!/\blegal legal\b/i.test(await page.locator("main").innerText()), "no word said twice");
  await page.getByText(t.statuses.waiting.text).waitFor();
  await shot("status");
  await page.reload();
  await page.locator("[role=log] li").nth(1).waitFor();
  await page.locator("#message").fill("Thank you. And how do I turn on two-factor authentication?");
  await submit(page);
  await page.locator("[role=log] li").nth(3).waitFor();
  equal(await page.locator("#message").inputValue(), "", "the sent reply is gone from the field");
  await finish();
}

const tests = {
  "by keyboard alone: from the empty form to the answer, which appears by itself": (browser) =>
    byKeyboard(browser, "en", "en-GB"),

  "the same in German": (browser) => byKeyboard(browser, "de", "de-DE"),

  async "what is typed before the scripts have arrived is kept"(browser) {
    const { page, finish } = await open(browser);
    let release;
    const held = new Promise((done) => {
      release = done;
    });
    await page.route("**/_next/static/**/*.js", async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(url, { waitUntil: "commit" });
    await page.locator("#message").fill(QUESTION);
    check(await page.locator("form button[type=submit]").isDisabled(), "nothing can be sent yet");
    release();
    await page.locator("form button[type=submit]:enabled").waitFor();
    equal(await page.locator("#message").inputValue(), QUESTION, "the text");
    await page.locator("#message-hint", { hasText: `${QUESTION.length} of` }).waitFor();
    await finish();
  },

  async "one click sends, also when the field that was left is wrong"(browser) {
    const { page, finish } = await open(browser, { viewport: { width: 360, height: 700 } });
    await page.goto(url);
    await page.locator("#message").fill("x");
    await submit(page);
    await page.locator("#message[aria-invalid=true]").waitFor();
    equal(await page.locator("[aria-invalid=true]").count(), 5, "wrong fields");
    await finish();
  },

  async "a double click and a slow network: one ticket, and it shows that it is being sent"(browser) {
    const { page, finish } = await open(browser);
    const sent = [];
    let release;
    const held = new Promise((done) => {
      release = done;
    });
    await page.route("**/support/form", async (route) => {
      sent.push(route.request().headers()["idempotency-key"]);
      await held;
      await route.continue();
    });
    await page.goto(url);
    await fillIn(page);
    await page.locator("form button[type=submit]").dblclick();
    await page.locator("button[aria-busy=true][disabled]").waitFor();
    equal(await page.locator("form [role=status]").textContent(), "Sending …", "progress");
    check(!(await page.locator("#message").isEditable()), "fields are read-only while sending");
    await look(page, "form-sending-1440-light-en");
    release();
    await page.getByRole("heading", { name: "We have your request" }).waitFor();
    equal(sent.length, 1, "calls");
    await finish();
  },

  async "the service is away and comes back: tried again under the same key"(browser) {
    const { page, finish } = await open(browser);
    const keys = [];
    await page.route("**/support/form", async (route) => {
      keys.push(route.request().headers()["idempotency-key"]);
      if (keys.length === 1) await route.abort("connectionrefused");
      else if (keys.length === 2) await route.fulfill({ status: 503, headers: { "Retry-After": "1" }, body: "" });
      else await route.continue();
    });
    await page.goto(url);
    await fillIn(page);
    await submit(page);
    await page.getByText("The service is away for a moment").waitFor();
    await page.getByRole("heading", { name: "We have your request" }).waitFor();
    equal([keys.length, new Set(keys).size], [3, 1], "calls and keys");
    await finish();
  },

  async "each refusal is said in words, and what was typed stays"(browser) {
    const { page, finish } = await open(browser);
    let refusal;
    await page.route("**/support/form", (route) => route.fulfill({ contentType: "application/json", ...refusal }));
    await page.goto(url);
    await fillIn(page);
    const body = (error, details = []) => JSON.stringify({ error, message: "no", details, request_id: "1" });
    const cases = [
      [{ status: 500, body: "" }, "Your text is still here"],
      [{ status: 429, headers: { "Retry-After": "7" }, body: body("RATE_LIMITED") }, "in 7 seconds"],
      [{ status: 403, body: body("CHANNEL_OFF") }, "switched off"],
      [{ status: 409, body: body("IDEMPOTENCY_KEY_REUSED") }, "was not accepted"],
      [{ status: 400, body: body("VALIDATION", [{ field: "email", message: "does not exist" }]) }, "marked fields"],
    ];
    for (const [answer, words] of cases) {
      refusal = answer;
      await submit(page);
      await page.getByRole("alert").filter({ hasText: words }).waitFor();
      equal(await page.locator("#message").inputValue(), QUESTION, `the text after ${answer.status}`);
    }
    equal(await page.evaluate(() => document.activeElement.id), "email", "focus on the refused field");
    await look(page, "form-refused-1440-light-en");
    await finish();
  },

  async "a file goes with a form, what only looks like one does not, and the answer is marked"(browser) {
    const { page, finish } = await open(browser);
    await page.goto(url);
    await fillIn(page);
    await page.locator("#files").setInputFiles([file("run.exe", PROGRAM)]);
    await page.locator("#files-error", { hasText: "run.exe is not taken" }).waitFor();
    await page.getByRole("button", { name: "Take run.exe off" }).click();
    await page.locator("#files").setInputFiles([file("screen.png", PNG), file("bill.pdf", PROGRAM)]);
    await submit(page);
    await page.locator("#files-error", { hasText: "One of the files is not taken" }).waitFor();
    await look(page, "form-file-refused-1440-light-en");
    await page.getByRole("button", { name: "Take bill.pdf off" }).click();
    await submit(page);
    await page.getByRole("heading", { name: "We have your request" }).waitFor();
    await page.getByRole("link", { name: "Read the answer" }).click();
    await page.getByRole("log").getByText("screen.png").waitFor();
    await page.locator("#message").fill("And this is the bill.");
    await page.locator("#files").setInputFiles([file("bill.txt", Buffer.from("12 euros"))]);
    await submit(page);
    await page.getByRole("log").getByText("bill.txt").waitFor();
    await look(page, "status-files-1440-light-en");

    const known = await ticket(page);
    await page.goto(known.path);
    await page.getByRole("button", { name: "Yes", exact: true }).click();
    await page.getByText("Thank you for telling us.").waitFor();
    await page.goto(`${url}/rate#${known.number}:${known.token}`);
    await page.getByText(known.number).waitFor();
    await look(page, "rate-1440-light-en");
    await page.getByRole("button", { name: "No", exact: true }).click();
    await page.getByRole("heading", { name: "We are sorry" }).waitFor();
    await page.goto(`${url}/rate#${known.number}:${"x".repeat(32)}`);
    await page.reload();
    await page.getByRole("button", { name: "Yes", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "can't be marked" }).waitFor();
    await finish();
  },

  async "wrong token, lost link, another ticket; the service goes away while a ticket is open"(browser) {
    const { page, finish } = await open(browser);
    const known = await ticket(page);
    await page.goto(`${url}/status#${known.number}:${"x".repeat(32)}`);
    await page.getByRole("alert").filter({ hasText: "can't find this ticket" }).waitFor();
    equal(await page.locator("#number").inputValue(), known.number, "the number that was tried");
    await page.getByText("Have you lost the link?").click();
    await page.locator("#lost-number").fill("42");
    await page.getByRole("button", { name: "Send me the link" }).click();
    equal(
      await page.locator("#lost-email-error").textContent(),
      "An e-mail address looks like name@example.com.",
      "problem",
    );
    await look(page, "status-find-1440-light-en");
    await page.locator("#lost-number").fill(known.number);
    await page.locator("#lost-email").fill("somebody@else.example.com");
    await page.getByRole("button", { name: "Send me the link" }).click();
    await page.getByText("the link is on its way").waitFor();
    await page.locator("#token").fill(known.token);
    await page.getByRole("button", { name: "Show the ticket" }).click();
    await page.locator("[role=log] li").nth(1).waitFor();
    await page.route("**/api/v1/tickets/**", (route) => route.abort("connectionrefused"));
    await page.getByRole("alert").filter({ hasText: "keeps trying" }).waitFor();
    await look(page, "status-away-1440-light-en");
    await page.unroute("**/api/v1/tickets/**");
    await page.getByRole("alert").filter({ hasText: "keeps trying" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Look at another ticket" }).click();
    await page.getByRole("heading", { name: "Your ticket" }).waitFor();
    await page.goBack();
    await page.locator("[role=log] li").nth(1).waitFor();
    await finish();
  },

  async "every page in light and dark, narrow and wide, English, German and Arabic"(browser) {
    const seed = await open(browser);
    const known = await ticket(seed.page);
    await seed.page.goto(known.path);
    await seed.page.locator("[role=log] li").nth(1).waitFor();
    await seed.finish();
    for (const [lang, width, colorScheme] of [
      ["en", 360, "dark"],
      ["de", 360, "light"],
      ["de", 1440, "dark"],
      ["ar", 360, "light"],
      ["ar", 1440, "dark"],
    ]) {
      const { page, finish } = await open(browser, { locale: lang, viewport: { width, height: 800 }, colorScheme });
      const name = `${width}-${colorScheme}-${lang}`;
      await page.goto(url);
      equal(await page.evaluate(() => document.documentElement.lang), lang, "the browser's language");
      await page.locator("#message").fill("x");
      await page.locator("#files").setInputFiles([file(`${"a-screenshot-with-a-long-name-".repeat(3)}1.png`, PNG)]);
      await page.locator("#files").setInputFiles([file("log.exe", PROGRAM)]);
      await submit(page);
      await page.locator("#name[aria-invalid=true]").waitFor();
      await look(page, `form-${name}`);
      await page.goto(known.path);
      await page.locator("[role=log] li").nth(1).waitFor();
      await look(page, `status-${name}`);
      await page.goto(`${url}/link#made-up`);
      await page.locator("[role=alert] p").waitFor();
      await look(page, `link-${name}`);
      await page.goto(`${url}/rate#${known.number}:${known.token}`);
      await page.getByText(known.number).waitFor();
      await look(page, `rate-${name}`);
      await finish();
    }
  },

  async "the widget on another site: asks, shows the answer, keeps the ticket, by keyboard"(browser) {
    const { page, context, finish } = await open(browser, { viewport: { width: 1000, height: 800 } });
    await embed(context, url, allowed, 'data-accent="#0a7a52"');
    await page.goto(`${allowed}/shop`);
    const button = page.getByRole("button", { name: "Ask us" });
    await button.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.locator("#nd-name[aria-invalid=true]").waitFor();
    await page.keyboard.type("Ada Byron");
    await page.keyboard.press("Tab");
    await page.keyboard.type(address());
    await page.keyboard.press("Tab");
    await page.keyboard.type(QUESTION);
    await look(page, "widget-question-1000-light-en");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const answer = page.getByRole("log").locator("li").nth(1);
    await answer.waitFor();
    const said = await answer.innerText();
    check(said.includes("Forgot password"), `the answer stands in the panel: ${said}`);
    await look(page, "widget-answer-1000-light-en");
    await page.keyboard.press("Escape");
    equal(await button.getAttribute("aria-expanded"), "false", "closed by Escape");
    await page.reload();
    await button.click();
    await answer.waitFor();
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 360, height: 700 });
    await look(page, "widget-answer-360-dark-en");
    await finish();
  },

  async "the widget on a site that is not allowed sends nothing and says so"(browser) {
    const { page, context, finish } = await open(browser);
    const strange = "http://stranger.localhost";
    await embed(context, url, strange, 'data-language="ar"');
    const accepted = [];
    page.on("response", (response) => {
      if (onForm("/support/form")(response.request())) accepted.push(response.status());
    });
    await page.goto(`${strange}/shop`);
    await page.getByRole("button", { name: "اسألنا" }).click();
    await page.locator("#nd-name").fill("Ada Byron");
    await page.locator("#nd-email").fill(address());
    await page.locator("#nd-message").fill(QUESTION);
    await page.getByRole("button", { name: "اسأل", exact: true }).click();
    await page.getByText("نحاول مجددًا").waitFor();
    await look(page, "widget-refused-1440-light-ar");
    equal(accepted, [], "forms that were taken");
    await finish();
  },
};

await run(tests);
