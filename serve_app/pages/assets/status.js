// The status page: shows a ticket, found by its link or by number and token, polls it, and sends replies.

import { get, post, submissionKeys } from "./api.js";
import { busy, byId, checked, counter, explain, mark, notice, watch } from "./fields.js";
import { REPLY } from "./rules.js";

const STATUS = {
  open: ["Received", "We have your message and are about to answer it."],
  processing: ["Being answered", "We are working on your answer right now."],
  waiting: ["Answered", "There is an answer for you below. If it does not help, just write back."],
  escalated: ["With our team", "A person of our team takes care of this and answers here."],
  resolved: ["Resolved", "This is settled. Writing back opens it again."],
  closed: ["Closed", "This ticket is closed."],
};
const CATEGORY = {
  account_access: "Account access", billing: "Billing", technical: "Something does not work", how_to: "How to", general: "General",
  feature_request: "An idea", complaint: "A complaint",
};
const PRIORITY = { low: "Low", medium: "Medium", high: "High", critical: "Critical" };
const COMPANY = document.documentElement.dataset.company;
const AUTHOR = { agent: `${COMPANY} assistant`, staff: `${COMPANY} team`, system: "Notice" };
const FIRST_POLL = 2;
const SLOWEST_POLL = 30;
const time = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const when = (iso) => time.format(new Date(iso));

const replyForm = byId("reply-form");
const keyOf = submissionKeys();
const linkKeyOf = submissionKeys();
const recount = counter(byId("message"), 10000);
watch(replyForm, REPLY);

let open = null; // {number, token} of the ticket on the page
let last = ""; // the last response: the same one is not drawn again
let shownMessages = 0;
let interval = FIRST_POLL;
let timer = 0;

const path = () => `/tickets/${encodeURIComponent(open.number)}`;
const query = () => `?token=${encodeURIComponent(open.token)}`;

function fromHash() {
  const [number = "", token = ""] = decodeURIComponent(location.hash.slice(1)).split(":");
  return number && token ? { number: number.toUpperCase(), token } : null;
}

function start() {
  clearTimeout(timer);
  open = fromHash();
  last = "";
  shownMessages = 0;
  interval = FIRST_POLL;
  byId("talk").replaceChildren();
  byId("ticket").hidden = true;
  byId("linking").open = false;
  byId("link-result").textContent = "";
  byId("find").hidden = open !== null;
  notice("");
  if (open) refresh(true);
}

async function refresh(first = false) {
  clearTimeout(timer);
  const asked = open;
  try {
    const ticket = await get(path() + query());
    if (asked !== open) return;
    notice("");
    draw(ticket);
    if (first) byId("ticket-subject").focus();
    interval = Math.min(interval * 1.25, SLOWEST_POLL);
  } catch (error) {
    if (asked !== open) return;
    if (error.status === 404) return notFound();
    notice(error.status === 429 ? "" : "We can't reach the service at the moment. This page keeps trying.");
    interval = Math.min(Math.max(error.retryAfter, interval * 1.5), 60);
  }
  timer = setTimeout(tick, interval * 1000);
}

// A hidden page does not poll; it does at once when it becomes visible.
const tick = () => (document.hidden ? undefined : refresh());
document.addEventListener("visibilitychange", () => {
  if (document.hidden || !open) return;
  interval = FIRST_POLL;
  refresh();
});

function notFound() {
  byId("number").value = open.number;
  byId("token").value = open.token;
  open = null;
  byId("ticket").hidden = true;
  byId("find").hidden = false;
  notice("We can't find this ticket with this token. Please compare both with the page that confirmed your request.");
}

function draw(ticket) {
  const text = JSON.stringify(ticket);
  if (text === last) return;
  last = text;
  interval = FIRST_POLL;
  const [badge, sentence] = STATUS[ticket.status];
  document.title = `${ticket.ticket_id} – ${badge}`;
  byId("ticket-number").textContent = ticket.ticket_id;
  byId("ticket-badge").textContent = badge;
  byId("ticket-badge").dataset.status = ticket.status;
  byId("ticket-subject").textContent = ticket.subject;
  byId("ticket-status").textContent = sentence;
  byId("fact-category").textContent = CATEGORY[ticket.category] ?? ticket.category;
  byId("fact-priority").textContent = PRIORITY[ticket.priority] ?? ticket.priority;
  byId("fact-created").textContent = when(ticket.created_at);
  drawTalk(ticket);
  byId("waiting").hidden = !["open", "processing"].includes(ticket.status);
  replyForm.hidden = ticket.status === "closed";
  byId("closed").hidden = ticket.status !== "closed";
  byId("linking").hidden = ticket.source_channel !== "web_form";
  byId("ticket").hidden = false;
}

function drawTalk(ticket) {
  const mine = ticket.messages.filter((message) => message.direction === "inbound");
  const all = [...mine, ...ticket.responses].sort((a, b) => a.created_at.localeCompare(b.created_at));
  if (all.length < shownMessages) byId("talk").replaceChildren();
  const have = byId("talk").children.length;
  byId("talk").append(...all.slice(have).map(bubble)); // only what is new: screen readers read out additions
  shownMessages = all.length;
}

function bubble(message) {
  const item = document.createElement("li");
  const who = document.createElement("p");
  const name = document.createElement("b");
  const at = document.createElement("time");
  const text = document.createElement("p");
  item.className = message.author ? "ours" : "mine";
  who.className = "who";
  text.className = "text";
  name.textContent = message.author ? AUTHOR[message.author] : "You";
  at.dateTime = message.created_at;
  at.textContent = when(message.created_at);
  text.textContent = message.text;
  who.append(name, at);
  item.append(who, text);
  return item;
}

replyForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = byId("send");
  const values = button.disabled ? null : checked(replyForm, REPLY);
  if (values === null) return;
  notice("");
  const body = JSON.stringify(values);
  busy(replyForm, button, true);
  byId("progress").textContent = "Sending …";
  try {
    await post(`${path()}/messages${query()}`, body, keyOf(`${open.number} ${shownMessages} ${body}`), () => {
      byId("progress").textContent = "The service is away for a moment. Trying again …";
    });
    replyForm.elements.message.value = "";
    recount();
    byId("progress").textContent = "Sent";
    interval = FIRST_POLL;
    await refresh();
  } catch (error) {
    byId("progress").textContent = "";
    notice(explain(replyForm, REPLY, error));
  } finally {
    busy(replyForm, button, false);
  }
});

// The response is the same for every ticket, so that it does not reveal who is known.
byId("link").addEventListener("click", async () => {
  const button = byId("link");
  const result = byId("link-result");
  if (button.disabled) return;
  const asked = open;
  const body = JSON.stringify({ ticket_id: asked.number, token: asked.token });
  button.disabled = true;
  result.textContent = "One moment …";
  try {
    const answer = await post("/identity/links", body, linkKeyOf(body), () => {
      result.textContent = "The service is away for a moment. Trying again …";
    });
    if (asked === open) result.textContent = answer.message;
  } catch (error) {
    if (asked === open) result.textContent = error.message;
  } finally {
    button.disabled = false;
  }
});

byId("message").addEventListener("input", () => {
  byId("progress").textContent = "";
});

byId("find-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const number = form.elements.number.value.trim().toUpperCase();
  const token = form.elements.token.value.trim();
  mark(form, "number", /^TKT-[0-9]{4,}$/.test(number) ? "" : "A ticket number looks like TKT-0042.");
  mark(form, "token", token ? "" : "Please fill this in.");
  const wrong = form.querySelector("[aria-invalid=true]");
  if (wrong) return wrong.focus();
  const hash = `#${number}:${token}`;
  if (location.hash === hash) start();
  else location.hash = hash;
});

byId("other").addEventListener("click", () => {
  history.pushState(null, "", "/status");
  start();
  byId("number").focus();
});

addEventListener("hashchange", start);
addEventListener("popstate", start);
start();
