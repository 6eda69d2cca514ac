// The desk in a real browser: `node e2e/desk.mjs URL ANNS_KEY BOBS_KEY`. Hand-overs, a draft, a dead letter and customers who may be
// one wait.

import { check, deskMessages, equal, look, open, run } from "./browser.mjs";

const [url, annsKey, bobsKey] = process.argv.slice(2);

async function desk(browser, key, options, t = deskMessages("en")) {
  const opened = await open(browser, options);
  await opened.page.goto(`${url}/staff`);
  await opened.page.getByLabel(t.signIn.key).fill(key);
  await opened.page.keyboard.press("Enter");
  await opened.page.locator("nav li").first().waitFor();
  return opened;
}

const rows = (page) => page.locator("nav li").count();
const said = (page, text) => page.getByText(text, { exact: false }).first().waitFor();
const messages = (page) => page.locator("[data-scroll] > ol > li");

async function openFirst(page) {
  await page.keyboard.press("j");
  await messages(page).first().waitFor();
}

async function write(page, text) {
  await page.keyboard.press("r");
  await page.keyboard.type(text);
}

/** Find a conversation by its words and open it. */
async function find(page, words) {
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("1");
  await page.waitForFunction(() => document.querySelectorAll('nav[aria-label="Waiting"] li').length > 1);
  await page.keyboard.press("/");
  await page.keyboard.type(words);
  await page.waitForFunction(() => document.querySelectorAll("nav li").length === 1);
  await page.keyboard.press("Escape");
  await openFirst(page);
}

/** Take over, reply and give back by keyboard alone: the keys are the same in every language. */
async function byKeyboard(browser, language, locale) {
  const t = deskMessages(language);
  const { page, finish } = await desk(browser, annsKey, { locale }, t);
  await openFirst(page);
  await look(page, `desk-conversation-${language}`);
  await page.keyboard.press("t");
  await page.getByText(t.talk.youHave, { exact: true }).waitFor();
  await write(page, `This is Ann. I look into it (${language}).`);
  await page.keyboard.press("Control+Enter");
  await page
    .locator("li", { hasText: `I look into it (${language}).` })
    .first()
    .waitFor();
  // The keys work again as soon as it is sent.
  await page.keyboard.press("u");
  await said(page, t.done.release);
  await finish();
}

const tests = {
  async "a wrong key opens nothing, a right one a session that no script can read"(browser) {
    const { page, context, finish } = await open(browser);
    await page.goto(`${url}/staff`);
    await page.getByLabel("Staff key").fill("not-a-key-of-anybody");
    await page.keyboard.press("Enter");
    await said(page, "This key opens nothing here.");
    await look(page, "desk-sign-in");
    await page.getByLabel("Staff key").fill(annsKey);
    await page.keyboard.press("Enter");
    await page.locator("nav li").first().waitFor();
    const [cookie] = await context.cookies();
    equal([cookie.httpOnly, cookie.sameSite], [true, "Strict"], "the cookie");
    equal(await page.evaluate(() => document.cookie), "", "what scripts see of it");
    await page.reload();
    await page.locator("nav li").first().waitFor();
    await finish();
  },

  "by keyboard alone: take over, reply, give back": (browser) => byKeyboard(browser, "en", "en-GB"),

  "the same in German": (browser) => byKeyboard(browser, "de", "de-DE"),

  async "two browsers: the second is told who was faster, sees it, and then may send"(browser) {
    const ann = await desk(browser, annsKey);
    const bob = await desk(browser, bobsKey);
    await openFirst(ann.page);
    await openFirst(bob.page);
    await said(ann.page, "bob looking");
    await write(bob.page, "Bob's answer");
    await said(ann.page, "bob is writing here too");
    await write(ann.page, "Ann's answer");
    await ann.page.keyboard.press("Control+Enter");
    await ann.page.locator("li", { hasText: "Ann's answer" }).first().waitFor();
    await bob.page.keyboard.press("Control+Enter");
    await said(bob.page, "ann replied since you looked");
    await look(bob.page, "desk-changed");
    await bob.page.locator("li", { hasText: "Ann's answer" }).first().waitFor();
    equal(await bob.page.getByLabel("Your reply").inputValue(), "Bob's answer", "what Bob has written");
    await bob.page.keyboard.press("Control+Enter");
    await bob.page.locator("li", { hasText: "Bob's answer" }).first().waitFor();
    await ann.page.locator("li", { hasText: "Bob's answer" }).first().waitFor();
    await ann.finish();
    await bob.finish();
  },

  async "a draft is edited and sent, and the agent's own is kept; resolved goes on to the next"(browser) {
    const { page, finish } = await desk(browser, annsKey);
    await page.keyboard.press("4");
    await page.getByText("1 to approve").waitFor();
    await openFirst(page);
    await look(page, "desk-draft");
    await page.keyboard.press("d");
    await page.keyboard.press("Control+End");
    await page.keyboard.type(" Ann was here.");
    await page.keyboard.press("Control+Enter");
    await page.getByText("the agent's own draft").waitFor();
    await page.keyboard.press("1");
    await page.waitForFunction(() => document.querySelectorAll("nav li").length > 1);
    await page.keyboard.press("Escape");
    const before = await rows(page);
    await openFirst(page);
    await page.keyboard.press("e");
    await said(page, "Resolved.");
    await page.waitForFunction((n) => document.querySelectorAll("nav li").length === n - 1, before);
    await finish();
  },

  async "the agent drafts on request: it is edited, sent, resolved; where nothing answers, that is said"(browser) {
    const { page, finish } = await desk(browser, annsKey);
    await find(page, "forgotten password");
    await page.keyboard.press("d");
    await page.getByText("A draft by the agent, from reset-a-forgotten-password").waitFor();
    const drafted = await page.getByLabel("Your reply").inputValue();
    check(drafted.includes("Forgot password"), `a draft from the documents: ${drafted}`);
    await look(page, "desk-asked-draft");
    await page.keyboard.press("Control+End");
    await page.keyboard.type(" Ann has read it.");
    await page.keyboard.press("Control+Shift+Enter");
    await said(page, "Resolved.");
    await find(page, "forgotten password");
    await page.getByText("the agent's own draft").waitFor();
    await find(page, "third");
    await page.keyboard.press("d");
    await said(page, "No draft: The knowledge base has nothing that answers this.");
    equal(await page.getByLabel("Your reply").inputValue(), "", "the reply");
    await finish();
  },

  async "labels are corrected by keys, once, with Enter"(browser) {
    const { page, finish } = await desk(browser, annsKey);
    await find(page, "third");
    await page.keyboard.press("p");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.type("bil");
    await page.keyboard.press("Enter");
    await said(page, "Corrected.");
    await page.waitForFunction(() => document.getElementById("category").value === "billing");
    await finish();
  },

  async "the overview: a dead letter is read and replayed, customers are merged and parted, gaps and costs"(browser) {
    const { page, finish } = await desk(browser, annsKey);
    await page.keyboard.press("o");
    await page.getByText("Dead letters (1)").waitFor();
    await page.getByText("Customers who may be one (1)").waitFor();
    await page.locator("li details summary").first().press("Enter");
    await page.getByText("BROKEN").waitFor();
    await page.getByText(/Not in the knowledge base, last 7 days \(\d+\)/).waitFor();
    await page.getByText("Models, last 7 days").waitFor();
    await look(page, "desk-overview");
    await page.getByRole("button", { name: "One customer" }).press("Enter");
    await said(page, "They are one customer now.");
    await page.getByText("Customers who may be one (0)").waitFor();
    await page.getByRole("button", { name: "Take the last merge back" }).press("Enter");
    await said(page, "The merge is taken back.");
    await page.getByRole("button", { name: /^Replay the letter/ }).press("Enter");
    await said(page, "The dead letter is on its way again.");
    await page.getByText("Dead letters (0)").waitFor();
    await page.keyboard.press("o");
    await page.setViewportSize({ width: 360, height: 760 });
    await page.locator("nav li").first().waitFor();
    await page.keyboard.press("o");
    await page.getByText("Dead letters (0)").waitFor();
    await look(page, "desk-overview-narrow");
    await page.getByRole("button", { name: "Back" }).click();
    await page.locator("nav li").first().waitFor();
    await finish();
  },

  async "learned entries: approved after what speaks against them was confirmed; what is live is withdrawn"(browser) {
    const { page, finish } = await desk(browser, annsKey);
    await page.keyboard.press("l");
    await page.getByText("How do I paint a board?").waitFor();
    equal(
      await page.getByLabel("Question", { exact: true }).inputValue(),
      "How do I print a poster?",
      "the first entry",
    );
    await page.keyboard.press("a");
    await page.keyboard.press("Enter");
    await said(page, "It is in the knowledge base");
    await page.getByText("One customer's case").waitFor();
    await look(page, "desk-learned");
    await page.keyboard.press("a");
    for (let doubts = await page.locator("input[type=checkbox]").count(); doubts > 0; doubts -= 1)
      await page.keyboard.press("Enter");
    await page.getByText("None.", { exact: true }).waitFor();
    await page.keyboard.press("v");
    await page.getByText("Answers that rest on it: 0").waitFor();
    await look(page, "desk-learned-live");
    await page.keyboard.press("j");
    await page.getByText("Brightwater").waitFor();
    await page.keyboard.press("x");
    await said(page, "Withdrawn");
    await finish();
  },

  async "the desk in light and dark, narrow and wide, with German and Arabic conversations"(browser) {
    for (const [words, width, colorScheme] of [
      ["Zahlungsaufforderung", 360, "light"],
      ["Zahlungsaufforderung", 1440, "dark"],
      ["كلمة المرور", 360, "dark"],
      ["كلمة المرور", 1440, "light"],
    ]) {
      const { page, finish } = await desk(browser, annsKey, { viewport: { width, height: 800 }, colorScheme });
      await find(page, words);
      const inbound = page.locator("[data-inbound] p[dir=auto]").first();
      const direction = await inbound.evaluate((one) => getComputedStyle(one).direction);
      equal(direction, words.startsWith("Z") ? "ltr" : "rtl", "the direction of what the customer wrote");
      await page.keyboard.press("c");
      await page
        .getByRole("button", { name: /^Insert/ })
        .first()
        .waitFor();
      await look(page, `desk-${words.startsWith("Z") ? "de" : "ar"}-${width}-${colorScheme}`);
      await finish();
    }
  },

  async "search, ready answers, help and the narrow window"(browser) {
    const { page, finish } = await desk(browser, annsKey, {
      viewport: { width: 360, height: 760 },
      colorScheme: "dark",
    });
    await look(page, "desk-narrow");
    await page.keyboard.press("/");
    await page.keyboard.type("HANDOVER sec");
    await page.waitForFunction(() => document.querySelectorAll("nav li").length === 1);
    await page.keyboard.press("Escape");
    await openFirst(page);
    await page.keyboard.press("c");
    await page.getByPlaceholder("Search; Enter takes the first").fill("password");
    await page
      .getByRole("button", { name: /^Insert/ })
      .first()
      .click();
    check((await page.getByLabel("Your reply").inputValue()).length > 20, "the ready answer in the reply");
    await look(page, "desk-narrow-conversation");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await look(page, "desk-keys");
    await finish();
  },

  async "the digest with its charts and tables"(browser) {
    const { page, finish } = await desk(browser, annsKey);
    const today = new Date().toISOString().slice(0, 10);
    await page.goto(`${url}/staff/digest?day=${today}`);
    await page.locator("canvas").first().waitFor();
    for (const table of await page.locator("summary", { hasText: "As a table" }).all()) await table.click();
    await look(page, "digest");
    await page.keyboard.press("[");
    await page.waitForURL((address) => !address.search.includes(today));
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 360, height: 760 });
    await look(page, "digest-narrow");
    await finish();
  },
};

await run(tests);
