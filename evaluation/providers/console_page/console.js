// Posts what a customer writes and polls the stand-ins' journal. Text is only ever set as text, never as markup.
"use strict";

const POLL_MS = 700;
const AWAY = "The stand-ins do not answer. Is the product still running?";
const conversations = new Map(); // mail thread, or number -> its article and list
const shown = new Map(); // message id -> its list item, for statuses that come later
const refusals = new Map(); // address that refuses -> its line and count
let after = 0;
let caughtUp = false; // entries from before the page was loaded are not announced
let replyTo = null;

const byId = (id) => document.getElementById(id);
const bare = (address) => address.replace("whatsapp:", "");
const clock = (entry) => new Date(entry.time).toLocaleTimeString();

function element(name, { text = "", className = "" } = {}, children = []) {
  const node = document.createElement(name);
  node.textContent = text;
  if (className) node.className = className;
  node.append(...children);
  return node;
}

function button(text, onClick) {
  const node = element("button", { text });
  node.type = "button";
  node.addEventListener("click", onClick);
  return node;
}

function announce(text) {
  byId("outcome").textContent = text;
}

// The text with its web addresses as links.
function textOf(body) {
  const pieces = body.trim().split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)])/);
  return element("div", { className: "text" }, pieces.map((piece, n) => (n % 2 ? link(piece) : piece)));
}

function link(address) {
  const node = element("a", { text: address });
  node.href = address;
  node.target = "_blank";
  node.rel = "noopener noreferrer";
  return node;
}

function header(entry, wanted) {
  const found = entry.headers.find(([name]) => name.toLowerCase() === wanted);
  return found ? found[1] : "";
}

const SHOW = {
  mail_received: (entry) => showMail(entry, "theirs", `${header(entry, "from") || entry.sender} wrote`),
  mail_sent: (entry) => showMail(entry, "ours", `To ${entry.to.join(", ")}, from ${header(entry, "from")}`),
  whatsapp_received: (entry) => showWhatsApp(entry, "theirs", bare(entry.sender)),
  whatsapp_accepted: (entry) => showWhatsApp(entry, "ours", bare(entry.to[0])),
  whatsapp_status: showStatus,
  push: showRefusal,
  webhook: showRefusal,
  status_callback: showRefusal,
};

function showMail(entry, side, who) {
  const subject = header(entry, "subject");
  const customer = side === "ours" ? entry.to[0] : entry.sender;
  const place = conversation(byId("mail-log"), entry.thread, () =>
    conversationParts(`${subject} · ${customer}`, "Answer in this thread", () => answerThread(place)));
  const item = message(entry, side, `${clock(entry)} · ${who}`);
  item.firstChild.after(element("div", { text: `Subject: ${subject}`, className: "meta" }));
  const lines = entry.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  item.append(element("details", {}, [
    element("summary", { text: "All headers" }), element("pre", { text: lines, className: "headers" })]));
  Object.assign(place, { last: entry.message_id, subject, customer });
  add(place, item, side === "ours" ? `A mail to ${customer} arrived: ${subject}` : "");
}

function showWhatsApp(entry, side, number) {
  const place = conversation(byId("whatsapp-log"), number, () =>
    conversationParts(number, "Write as this number", () => {
      byId("whatsapp-number").value = number;
      byId("whatsapp-body").focus();
    }));
  const who = side === "ours" ? "Support" : "Customer";
  add(place, message(entry, side, `${clock(entry)} · ${who}`), side === "ours" ? `A WhatsApp to ${number} arrived` : "");
}

function message(entry, side, title) {
  const item = element("li", { className: side }, [element("div", { text: title, className: "meta" }), textOf(entry.body)]);
  shown.set(entry.message_id, item);
  return item;
}

function conversationParts(title, action, onAction) {
  return [element("h4", { text: title }), element("ol", { className: "messages" }), button(action, onAction)];
}

function conversation(log, key, made) {
  if (!conversations.has(key)) {
    const article = element("article", {}, made());
    conversations.set(key, { log, article, list: article.querySelector(".messages") });
  }
  return conversations.get(key);
}

// Moves the conversation up, unless a control in it has the focus, which it would lose.
function add({ log, article, list }, item, news) {
  list.append(item);
  if (!article.isConnected || (log.firstChild !== article && !article.contains(document.activeElement))) {
    log.prepend(article);
  }
  if (news && caughtUp) announce(news);
}

function showStatus(entry) {
  const item = shown.get(entry.message_id);
  if (!item) return;
  const { status, error_code: code } = entry.details;
  const line = item.querySelector(".status") || item.appendChild(element("div", { className: "meta status" }));
  line.textContent = code ? `${status} (error ${code})` : status;
  item.classList.toggle("bad", Boolean(code));
}

// One line for each address that refuses, with a count of refusals.
function showRefusal(entry) {
  const { status, url } = entry.details;
  const where = `${entry.kind.replace("_", " ")} to ${url.split("?")[0]}`;
  if (status >= 200 && status < 300) {
    refusals.get(where)?.line.remove();
    refusals.delete(where);
    return;
  }
  if (!refusals.has(where)) refusals.set(where, { line: byId("problems").appendChild(element("li")), times: 0 });
  const held = refusals.get(where);
  held.times += 1;
  held.line.textContent = `${where} ${status ? `answered ${status}` : "was not answered"} (${held.times}×)`;
}

function answerThread({ last, subject, customer }) {
  replyTo = last;
  byId("thread-text").textContent = `You answer in the thread “${subject}”.`;
  byId("thread").hidden = false;
  byId("mail-sender").value = customer;
  byId("mail-subject").value = /^re:/i.test(subject) ? subject : `Re: ${subject}`;
  byId("mail-text").value = "";
  byId("mail-text").focus();
}

function startThread() {
  replyTo = null;
  byId("thread").hidden = true;
  byId("mail-subject").focus();
}

async function send(form) {
  const values = Object.fromEntries(new FormData(form));
  if (form.id === "mail" && replyTo) values.reply_to = replyTo;
  const submit = form.querySelector("button[type=submit]");
  submit.disabled = true;
  try {
    const answer = await fetch(form.dataset.path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(values),
    });
    announce(answer.ok ? "Sent. The answer appears below." : (await answer.json()).error);
    if (answer.ok) form.querySelector("textarea").value = "";
  } catch {
    announce(AWAY);
  } finally {
    submit.disabled = false;
    form.querySelector("textarea").focus();
  }
}

async function poll() {
  try {
    const answer = await fetch(`/api/journal?after=${after}`);
    for (const entry of await answer.json()) {
      after = entry.seq;
      SHOW[entry.kind]?.(entry);
    }
    caughtUp = true;
    if (byId("outcome").textContent === AWAY) announce("");
  } catch {
    announce(AWAY);
  }
  setTimeout(poll, POLL_MS);
}

async function start() {
  poll();
  const { mailbox, number, form } = await (await fetch("/api/addresses")).json();
  byId("mailbox").textContent = mailbox;
  byId("number").textContent = number;
  if (form) Object.assign(byId("form-link"), { href: form, hidden: false });
}

for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}
byId("new-thread").addEventListener("click", startThread);
start();
