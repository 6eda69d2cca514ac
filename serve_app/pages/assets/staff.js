// The staff page: lists of conversations, one conversation, and the actions on it.

import { get, post, signIn, submissionKeys } from "./api.js";
import { busy, byId, checked, counter, explain, mark, notice, watch } from "./fields.js";
import { STAFF_REPLY } from "./rules.js";
import { fileList, opening, save } from "./files.js";
import { action, bubble, decision, facts, label, make, row } from "./staffview.js";

const LISTS = { handed_over: "Waiting for people", drafts: "To approve", agent: "With the agent", closed: "Done" };
const STEPS = {
  "take-over": [(talk) => (talk.assignee ? `Take over from ${talk.assignee}` : "Take over"), () => true],
  release: [() => "Give back to the agent", (talk) => talk.owner === "staff"],
  resolve: [() => "Resolve", (_, ticket) => ticket.status !== "resolved"],
  close: [() => "Close", () => true],
};
const LABELS = {
  category: ["account_access", "billing", "technical", "how_to", "feature_request", "complaint", "general"],
  priority: ["low", "medium", "high", "critical"],
};
const FINAL = "Close it for good? What the customer writes next opens a new conversation.";
const UNANSWERED = "Nobody has replied to the customer's last message, and the agent will not before the next one. A reply takes the conversation back.";
const KEY = "nightdesk-staff-key";
const POLL_S = 10;
const keyOf = submissionKeys();
const replyForm = byId("reply-form");
const recount = counter(byId("text"), 10000);
watch(replyForm, STAFF_REPLY);

let drawn = ""; // the response that the page shows: the same one is not drawn again
let pages = 1; // how many pages of the list are shown
let timer = 0;

const place = () => location.hash.slice(1) || "handed_over";
const isList = () => place() in LISTS;
const path = () => `/conversations/${encodeURIComponent(place())}`;

function start() {
  drawn = "";
  pages = 1;
  notice("");
  byId("list").replaceChildren();
  byId("messages").replaceChildren();
  replyForm.reset();
  recount();
  byId("progress").textContent = "";
  signIn(sessionStorage.getItem(KEY));
  refresh(true);
}

async function refresh(first = false) {
  clearTimeout(timer);
  const asked = place();
  try {
    const answer = await (isList() ? list(asked) : get(path()));
    if (asked !== place()) return;
    if (first) show(isList() ? "work" : "talk-page");
    draw(answer, first);
  } catch (error) {
    if (asked !== place()) return;
    if (error.status === 401 || error.status === 403) return locked(error);
    notice(error.status === 404 || error.status === 400 ? "There is no such conversation." : error.message);
  }
  timer = setTimeout(() => document.hidden || refresh(), POLL_S * 1000);
}

/** Read as many pages of the list as are shown. */
async function list(state) {
  const whole = { conversations: [], next: null };
  for (let page = 0; page === 0 || (page < pages && whole.next); page += 1) {
    const answer = await get(`/conversations?state=${state}${whole.next ? `&after=${whole.next}` : ""}`);
    whole.conversations.push(...answer.conversations);
    whole.next = answer.next;
  }
  return whole;
}

function show(section) {
  for (const id of ["sign-in", "work", "talk-page"]) byId(id).hidden = id !== section;
  byId("leave").hidden = !sessionStorage.getItem(KEY);
}

function locked(error) {
  show("sign-in");
  if (error.status === 403) notice(error.message);
  mark(byId("sign-in-form"), "key", sessionStorage.getItem(KEY) ? "This key opens nothing here." : "");
  sessionStorage.removeItem(KEY);
  byId("leave").hidden = true;
  byId("key").focus();
}

function draw(answer, first) {
  const text = JSON.stringify(answer);
  if (text === drawn) return;
  drawn = text;
  if (isList()) drawList(answer);
  else drawTalk(answer);
  if (first) byId(isList() ? "work-title" : "subject").focus();
}

function drawList(answer) {
  document.title = `${LISTS[place()]} – Staff`;
  byId("lists").replaceChildren(...Object.entries(LISTS).map(([state, name]) =>
    make("a", { href: `#${state}`, ...(state === place() ? { "aria-current": "page" } : {}) }, name)));
  byId("list").replaceChildren(...answer.conversations.map(row));
  byId("none").hidden = answer.conversations.length > 0;
  byId("more").hidden = answer.next === null;
}

function drawTalk(talk) {
  const ticket = talk.tickets.at(-1);
  document.title = `${ticket.ticket_id} – Staff`;
  byId("number").textContent = ticket.ticket_id;
  byId("badge").textContent = label(ticket.status);
  byId("badge").dataset.status = ticket.status;
  byId("subject").textContent = ticket.subject || "(no subject)";
  byId("who").textContent = `${talk.customer_name ?? "Customer"}, ${talk.sender}${talk.sender_verified ? "" : " (not proved)"}`;
  byId("facts").replaceChildren(...facts(talk, ticket));
  byId("hand-over").hidden = !ticket.summary;
  byId("summary").textContent = ticket.summary ?? "";
  byId("messages").replaceChildren(...talk.messages.map(withFiles));
  drawDrafts(talk.drafts);
  byId("why").replaceChildren(...talk.decisions.map(decision));
  byId("actions").replaceChildren(...talk.actions.map(action), ...talk.openings.map((seen) => opening(seen, talk.messages)));
  const open = talk.status !== "closed";
  replyForm.hidden = !open;
  byId("how").textContent = `The channel's greeting and signature are put around it${talk.assignee ? "." : ", and the conversation is yours then."}`;
  byId("steps").replaceChildren(...Object.entries(STEPS).filter(([, [, fits]]) => open && fits(talk, ticket))
    .map(([name, [title]]) => step(name, title(talk))), ...Object.keys(LABELS).map((name) => correction(name, ticket[name])));
}

/** A choice that corrects a label of the ticket. */
function correction(name, current) {
  const options = LABELS[name].map((code) => make("option", { value: code, ...(code === current ? { selected: "" } : {}) }, label(code)));
  const choice = make("select", {}, ...options);
  choice.addEventListener("change", () => act(choice, "label", JSON.stringify({ [name]: choice.value }), `Corrected: ${label(choice.value)}.`));
  return make("label", {}, `${label(name)} `, choice);
}

function withFiles(message) {
  const item = bubble(message);
  if (message.attachments.length) item.append(fileList(message));
  return item;
}

byId("messages").addEventListener("click", async (event) => {
  const button = event.target.closest("[data-file]");
  if (!button || button.disabled) return;
  button.disabled = true;
  notice("");
  try {
    await save(`${path()}/${button.dataset.file}`, button.dataset.name);
    await refresh();
  } catch (error) {
    notice(error.message);
  } finally {
    button.disabled = false;
  }
});

function step(name, title) {
  const button = make("button", { type: "button", class: "quiet" }, title);
  button.addEventListener("click", () => {
    if (name !== "close" || confirm(FINAL)) act(button, name, "{}", `${title}: done.`);
  });
  return button;
}

/** Add new drafts and remove those that are decided; a draft that is being edited stays as it is. */
function drawDrafts(drafts) {
  const box = byId("drafts");
  for (const form of [...box.children]) if (!drafts.some((draft) => draft.draft_id === form.dataset.id)) form.remove();
  for (const draft of drafts) if (![...box.children].some((form) => form.dataset.id === draft.draft_id)) box.append(draftForm(draft));
}

function draftForm(draft) {
  const id = `draft-${draft.draft_id}`;
  const text = make("textarea", { id, rows: "8", maxlength: "10000" });
  const button = make("button", { type: "submit" }, "Approve and send");
  text.value = draft.text;
  text.addEventListener("input", () => {
    button.textContent = text.value.trim() === draft.text.trim() ? "Approve and send" : "Send in my name";
  });
  const form = make("form", { class: "card draft", "data-id": draft.draft_id },
    make("div", { class: "field" }, make("label", { for: id }, "The agent's draft"), text,
      make("p", { class: "hint" }, draft.sources?.length ? `From: ${draft.sources.join(", ")}` : "")),
    make("div", { class: "actions" }, button));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act(button, "approve", JSON.stringify({ draft_id: draft.draft_id, text: text.value }), "Sent.");
  });
  return form;
}

/** POST an action on the conversation and show its result. */
async function act(button, name, body, done) {
  if (button.disabled) return;
  button.disabled = true;
  notice("");
  try {
    showResult(await post(`${path()}/${name}`, body, keyOf(body), () => notice("The service is away for a moment. Trying again …")), done);
    await refresh();
  } catch (error) {
    notice(error.message);
  } finally {
    button.disabled = false;
  }
}

/** Show `done` with the guard's findings in the text, which has been sent all the same. */
function showResult(answer, done) {
  notice(done, false);
  const found = (answer.warnings ?? []).map((warning) => make("li", {}, warning.message));
  if (answer.unanswered) found.push(make("li", {}, UNANSWERED));
  if (found.length) byId("notice").append(" Please note:", make("ul", {}, ...found));
}

replyForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = byId("send");
  const values = button.disabled ? null : checked(replyForm, STAFF_REPLY);
  if (values === null) return;
  const body = JSON.stringify(values);
  notice("");
  busy(replyForm, button, true);
  byId("progress").textContent = "Sending …";
  try {
    const answer = await post(`${path()}/reply`, body, keyOf(`${place()} ${byId("messages").children.length} ${body}`), () => {
      byId("progress").textContent = "The service is away for a moment. Trying again …";
    });
    replyForm.reset();
    recount();
    byId("progress").textContent = "Sent";
    if (answer.warnings.length) showResult(answer, "Sent.");
    await refresh();
  } catch (error) {
    byId("progress").textContent = "";
    notice(explain(replyForm, STAFF_REPLY, error));
  } finally {
    busy(replyForm, button, false);
  }
});

byId("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const key = byId("key").value.trim();
  mark(event.target, "key", key ? "" : "Please fill this in.");
  if (!key) return byId("key").focus();
  sessionStorage.setItem(KEY, key);
  byId("key").value = "";
  start();
});

byId("leave").addEventListener("click", () => {
  sessionStorage.removeItem(KEY);
  start();
});

byId("more").addEventListener("click", async () => {
  const button = byId("more");
  if (button.disabled) return;
  button.disabled = true;
  notice("");
  pages += 1;
  await refresh();
  button.disabled = false;
});

document.addEventListener("visibilitychange", () => document.hidden || refresh());
addEventListener("hashchange", start);
start();
