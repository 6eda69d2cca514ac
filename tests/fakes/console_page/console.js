// Polls the stand-ins' journal and posts what a customer writes. Text is only ever set as text, never as markup.
"use strict";

const POLL_MS = 700;
const shown = new Map(); // message id -> list item, for statuses that come later
const refusing = new Map(); // address -> list item and count
let after = 0;
let replyTo = null;

const byId = (id) => document.getElementById(id);

function element(name, text, className) {
  const node = document.createElement(name);
  node.textContent = text;
  if (className) node.className = className;
  return node;
}

function subjectOf(entry) {
  const found = entry.headers.find(([name]) => name.toLowerCase() === "subject");
  return found ? found[1] : "";
}

const TITLES = {
  mail_received: (e) => `${e.sender} wrote a mail: ${subjectOf(e)}`,
  mail_sent: (e) => `Mail to ${e.to.join(", ")}: ${subjectOf(e)}`,
  whatsapp_received: (e) => `${e.sender.replace("whatsapp:", "")} wrote on WhatsApp`,
  whatsapp_accepted: (e) => `WhatsApp to ${e.to[0].replace("whatsapp:", "")}`,
};

function show(entry) {
  if (entry.kind === "whatsapp_status") return showStatus(entry);
  if (["push", "webhook", "status_callback"].includes(entry.kind)) return showRefusal(entry);
  if (!(entry.kind in TITLES)) return;
  const out = entry.kind === "mail_sent" || entry.kind === "whatsapp_accepted";
  const item = element("li", "", out ? "out" : "in");
  const time = new Date(entry.time).toLocaleTimeString();
  item.append(element("div", `${time} · ${TITLES[entry.kind](entry)}`, "head"), element("p", entry.body));
  if (entry.kind === "mail_sent") item.append(replyButton(entry));
  shown.set(entry.message_id, item);
  add(item);
}

function showStatus(entry) {
  const item = shown.get(entry.message_id);
  if (!item) return;
  const failed = entry.details.error_code;
  const text = failed ? `${entry.details.status} (${failed})` : entry.details.status;
  const status = item.querySelector(".status") || item.appendChild(element("div", "", "head status"));
  status.textContent = text;
  if (failed) item.classList.add("bad");
}

// One line for each address that refuses, with a count: a product that is down is asked many times.
function showRefusal(entry) {
  const { status, url } = entry.details;
  const where = `${entry.kind} to ${url.split("?")[0]}`;
  if (status >= 200 && status < 300) return refusing.delete(where);
  if (!refusing.has(where)) {
    const item = element("li", "", "bad");
    item.append(element("div", "", "head"));
    refusing.set(where, { item, times: 0 });
    add(item);
  }
  const held = refusing.get(where);
  held.times += 1;
  const answer = status ? `answered ${status}` : "was not answered";
  held.item.firstChild.textContent = `${where} ${answer} (${held.times}×)`;
}

function add(item) {
  byId("empty").hidden = true;
  byId("log").prepend(item);
}

function replyButton(entry) {
  const button = element("button", "Answer this mail");
  button.type = "button";
  button.addEventListener("click", () => {
    replyTo = entry.message_id;
    byId("thread-text").textContent = `Answering “${subjectOf(entry)}”.`;
    byId("thread").hidden = false;
    byId("mail-sender").value = entry.to[0];
    byId("mail-subject").value = subjectOf(entry).startsWith("Re:") ? subjectOf(entry) : `Re: ${subjectOf(entry)}`;
    byId("mail-text").value = "";
    byId("mail-text").focus();
  });
  return button;
}

async function submit(form, path, extra) {
  const values = { ...Object.fromEntries(new FormData(form)), ...extra };
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(values),
    });
    byId("outcome").textContent = answer.ok ? "Sent." : (await answer.json()).error;
  } catch {
    byId("outcome").textContent = "The stand-ins do not answer. Is the product still running?";
  } finally {
    button.disabled = false;
  }
}

async function poll() {
  try {
    const answer = await fetch(`/api/journal?after=${after}`);
    for (const entry of await answer.json()) {
      after = entry.seq;
      show(entry);
    }
  } catch {
    byId("outcome").textContent = "The stand-ins do not answer. Is the product still running?";
  }
  setTimeout(poll, POLL_MS);
}

byId("mail").addEventListener("submit", (event) => {
  event.preventDefault();
  submit(event.target, "/api/mail", replyTo ? { reply_to: replyTo } : {});
});
byId("whatsapp").addEventListener("submit", (event) => {
  event.preventDefault();
  submit(event.target, "/api/whatsapp", {});
});
byId("new-thread").addEventListener("click", () => {
  replyTo = null;
  byId("thread").hidden = true;
});

fetch("/api/addresses").then((answer) => answer.json()).then(({ mailbox, number }) => {
  byId("mailbox").textContent = mailbox;
  byId("number").textContent = number;
});
poll();
