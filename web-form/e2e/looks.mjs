// Every page and state in light and dark, narrow and wide, English, German and Arabic: `node e2e/looks.mjs URL ALLOWED_ORIGIN DATA`.
// The screenshots lie in e2e/shots/looks. DATA names the staff's key and the tickets, as JSON. LOOKS_ONLY: states that this
// pattern finds.

import { mkdirSync } from "node:fs";
import { deskMessages, launch, look, messages, open } from "./browser.mjs";
import { embed, ticketPath } from "./pages.mjs";

const [url, allowed, given] = process.argv.slice(2);
const data = JSON.parse(given);
const only = new RegExp(process.env.LOOKS_ONLY ?? "");
mkdirSync(new URL("shots/looks/", import.meta.url), { recursive: true });

const LONG_FILE = `${"a-screenshot-with-a-long-name-".repeat(3)}1.png`;
const PNG = Buffer.from(`89504e470d0a1a0a0000000d49484452${"00".repeat(200)}`, "hex");
const log = (page, lines) =>
  page
    .locator("[role=log] li")
    .nth(lines - 1)
    .waitFor();

async function onStatus({ page }, name, lines = 1) {
  await page.goto(ticketPath(url, data.tickets[name]));
  await page.reload(); // the same page with another ticket behind the # is not a new one
  await log(page, lines);
}

const unfold = (page) =>
  page.evaluate(() => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });

async function fillIn({ page }) {
  const values = {
    name: "Ada Byron",
    email: "ada@customer.example.com",
    subject: "Signing in",
    message: "How do I sign in?",
  };
  for (const [field, value] of Object.entries(values)) await page.locator(`#${field}`).fill(value);
  await page.locator("#category").selectOption("account_access");
}

/** What a customer sees, in the order in which it is looked at. */
const CUSTOMERS = {
  form: ({ page }) => page.goto(url),
  async "form-errors"({ page, t }) {
    await page.goto(url);
    await page.locator("#phone").fill("abc");
    await page.locator("#files").setInputFiles([
      { name: LONG_FILE, mimeType: "image/png", buffer: PNG },
      { name: "log.exe", mimeType: "application/octet-stream", buffer: PNG },
    ]);
    await page.getByRole("button", { name: t.send }).click();
    await page.locator("#name[aria-invalid=true]").waitFor();
  },
  async "form-away"({ page, t }) {
    await page.goto(url);
    await fillIn({ page });
    await page.route("**/support/form", (route) => route.fulfill({ status: 500, body: "" }));
    await page.getByRole("button", { name: t.send }).click();
    await page.getByRole("alert").filter({ hasText: t.notSent }).waitFor();
    await page.unroute("**/support/form");
  },
  async success({ page, t }) {
    await page.goto(url);
    await fillIn({ page });
    await page.getByRole("button", { name: t.send }).click();
    await page.getByRole("heading", { name: t.doneTitle }).waitFor();
  },
  "status-waiting": (at) => onStatus(at, "waiting"),
  "status-answered": (at) => onStatus(at, "answered", 2),
  "status-handed-over": (at) => onStatus(at, "handed_over"),
  async "status-closed"(at) {
    await onStatus(at, "closed");
    await at.page.getByText(at.t.closedLead).waitFor();
  },
  async "wrong-token"({ page, t }) {
    await page.goto(`${url}/status#${data.tickets.answered.number}:${"x".repeat(32)}`);
    await page.reload();
    await page.getByRole("alert").filter({ hasText: t.notFound }).waitFor();
    await page.getByText(t.lostTitle).click();
    await page.locator("#lost-number").fill("42");
    await page.getByRole("button", { name: t.lostSend }).click();
    await page.locator("#lost-number[aria-invalid=true]").waitFor();
  },
  async rate({ page }) {
    const { number, token } = data.tickets.answered;
    await page.goto(`${url}/rate#${number}:${token}`);
    await page.getByText(number).waitFor();
  },
  async "link-gone"({ page }) {
    await page.goto(`${url}/link#made-up`);
    await page.locator("[role=alert] p").waitFor();
  },
  async widget({ page, context, t, language }) {
    await embed(context, url, allowed, `data-language="${language}"`);
    await page.goto(`${allowed}/shop`);
    await page.getByRole("button", { name: t.widget.open }).click();
    await page.locator("#nd-email").fill("nobody");
    await page.getByRole("button", { name: t.widget.ask, exact: true }).click();
    await page.locator("#nd-name[aria-invalid=true]").waitFor();
  },
  async "service-away"({ page, context }) {
    await context.setExtraHTTPHeaders({ accept: "text/html" });
    await page.goto(`${data.away}/status`);
    await context.setExtraHTTPHeaders({});
  },
};

const DESK = {
  async "desk-sign-in"({ page, d }) {
    await page.goto(`${url}/staff?sign-in=refused`);
    await page.getByLabel(d.signIn.key).fill("not-a-key");
    await page.keyboard.press("Enter");
    await page.getByText(d.signIn.wrong).waitFor();
  },
  async "desk-queue"({ page, d }) {
    await page.goto(`${url}/staff`);
    await page.getByLabel(d.signIn.key).fill(data.key);
    await page.keyboard.press("Enter");
    await page.locator("nav li").first().waitFor();
  },
  async "desk-overview"({ page, d }) {
    await page.keyboard.press("o");
    await page.locator("details li details summary").first().press("Enter");
    await page.getByText("BROKEN").waitFor();
    await page.getByText(d.overview.noModels).waitFor();
  },
  async "desk-conversation"({ page, d }) {
    await page.goto(`${url}/staff#${data.long}`);
    await page.reload();
    await page.locator("h2").waitFor();
    await page.locator("[data-inbound]").first().waitFor();
    await page.getByText(d.about.rule, { exact: true }).first().waitFor();
    await unfold(page);
  },
  async "desk-reply"({ page, d }) {
    await page.locator("#reply").fill(data.text);
    await page.locator("h2").focus();
    await page.keyboard.press("c");
    await page.getByPlaceholder(d.answers.hint).fill("password");
    await page.getByRole("button", { name: d.answers.insert }).first().waitFor();
  },
  async "desk-draft"({ page, d }) {
    await page.goto(`${url}/staff#${data.draft}`);
    await page.reload();
    await page.getByText(d.draft.title).first().waitFor();
  },
  async "desk-keys"({ page }) {
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
  },
  async digest({ page }) {
    await page.goto(`${url}/staff/digest?day=${data.day}`);
    await page.locator("canvas").first().waitFor();
    await unfold(page);
  },
};

/** Look at these states one after the other; returns what is wrong with each. */
async function visit(browser, states, { language, width, colorScheme }) {
  const size = { width, height: width < 600 ? 760 : 900 };
  const { page, context, finish } = await open(browser, { locale: language, viewport: size, colorScheme });
  const at = { page, context, language, t: messages(language), d: deskMessages(language) };
  const wrong = [];
  for (const [name, reach] of Object.entries(states)) {
    if (!only.test(name) && name !== "desk-queue") continue; // there one signs in
    const shot = `looks/${name}-${language}-${width}-${colorScheme}`;
    try {
      await reach(at);
      if (only.test(name)) await look(page, shot);
    } catch (error) {
      wrong.push(`${shot}: ${String(error.stack ?? error).slice(0, 900)}`);
    }
  }
  await finish().catch((error) => wrong.push(`${language}-${width}-${colorScheme}: ${error}`));
  return wrong;
}

const browser = await launch();
const variants = ["en", "de", "ar"].flatMap((language) =>
  [360, 1440].flatMap((width) => ["light", "dark"].map((colorScheme) => ({ language, width, colorScheme }))),
);
const wrong = [];
for (const variant of variants)
  wrong.push(...(await Promise.all([CUSTOMERS, DESK].map((states) => visit(browser, states, variant)))).flat());
await browser.close();
console.log(wrong.join("\n\n") || `${variants.length} times ${Object.keys({ ...CUSTOMERS, ...DESK }).length} looks`);
process.exit(wrong.length ? 1 : 0);
