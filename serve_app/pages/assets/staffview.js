// The elements of the staff page: rows of the list, messages with their delivery, facts, decision records.

const time = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
export const when = (iso) => time.format(new Date(iso));
export const label = (code) => (code ?? "").replaceAll("_", " ");

const DELIVERY = {
  ready: "about to leave", sending: "on its way", sent: "sent", failed: "failed", unknown: "not known whether it arrived",
  parked: "could not be delivered", cancelled: "taken back before it left",
};
const BAD = ["failed", "unknown", "parked"];

/** Make an element with text or children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

const badge = (text, attributes = {}) => make("span", { class: "badge", ...attributes }, text);

/** One conversation in the list. */
export function row(work) {
  const top = make("p", { class: "line" }, make("span", { class: "number" }, work.ticket_id), make("b", {}, work.subject || "(no subject)"));
  const marks = make("p", { class: "line" }, badge(label(work.ticket_status), { "data-status": work.ticket_status }),
    work.severity ? badge(work.severity, { "data-severity": work.severity }) : null,
    work.queue ? badge(work.queue) : null,
    work.escalation_reason ? badge(label(work.escalation_reason)) : null,
    work.late ? badge("late", { "data-overdue": "true" }) : null,
    work.drafts ? badge(`${work.drafts} to approve`, { "data-severity": "high" }) : null,
    make("span", { class: "hint" }, `${label(work.channel)} · ${work.customer_name ?? work.sender} · ${work.assignee ?? (work.owner === "agent" ? "agent" : "nobody yet")} · ${when(work.handed_over_at ?? work.updated_at)}`));
  const last = make("span", { class: "last" }, work.last_text ? `${work.last_author}: ${work.last_text}` : "");
  return make("li", { class: "card" }, make("a", { href: `#${work.conversation_id}` }, top, marks, last));
}

/** One message with its delivery. */
export function bubble(message) {
  const name = message.author === "customer" ? "Customer" : (message.staff ?? label(message.author));
  const at = make("time", { datetime: message.created_at }, when(message.created_at));
  const item = make("li", { class: message.direction === "inbound" ? "ours" : "mine" },
    make("p", { class: "who" }, make("b", {}, name), at), make("p", { class: "text" }, message.text));
  if (message.full_text) item.append(quoted(message.full_text));
  const delivery = deliveryOf(message);
  if (delivery) item.append(make("p", { class: BAD.includes(message.outbox_state) ? "delivery bad" : "delivery" }, delivery));
  return item;
}

/** All of a message with what it quotes, folded. */
function quoted(text) {
  return make("details", { class: "quoted" }, make("summary", {}, "quoted text"), make("p", { class: "text" }, text));
}

function deliveryOf(message) {
  if (message.direction === "inbound") return message.inbox_state === "held" ? "kept for a person" : "";
  const state = message.outbox_state ?? message.delivery_status;
  const error = message.last_error ? `: ${message.last_error}` : "";
  return `${DELIVERY[state] ?? label(state)}${BAD.includes(state) || state === "cancelled" ? error : ""}`;
}

/** The facts of a conversation as a list of terms. */
export function facts(talk, ticket) {
  const all = [
    ["Channel", label(talk.channel)], ["Has it", talk.owner === "agent" ? "the agent" : (talk.assignee ?? "nobody yet")],
    ["Category", label(ticket.category)], ["Reason", label(ticket.escalation_reason)], ["Severity", ticket.severity], ["Queue", ticket.queue],
    ["Due", ticket.due_at && !ticket.taken_at ? when(ticket.due_at) : ""], ["Priority", ticket.priority],
    ["Mood", talk.sentiment_score === null ? "" : talk.sentiment_score.toFixed(2)],
  ];
  return all.filter(([, value]) => value).map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value)));
}

/** One decision record: rule, scores, passages, tools. */
export function decision(record) {
  const table = make("table", {}, ...[
    ["Outcome", label(record.outcome)], ["Rule", record.rule], ["Reason", label(record.reason) || "–"],
    ["Model", `${record.model} ${record.prompt_version}`.trim()],
    ["Took", `${Math.round(record.latency_ms)} ms, of that the model ${Math.round(record.model_ms)} ms`],
    ["Scores", Object.entries(record.scores).map(([name, score]) => `${name} ${Number(score).toFixed(3)}`).join(", ") || "–"],
    ["Passages", record.passages.map((found) => `${found.title} ${found.score.toFixed(2)}`).join(", ") || "–"],
    ["Tools", record.tool_calls.map((call) => `${call.name}${call.ok ? "" : " (refused)"}`).join(" → ") || "–"],
  ].map(([name, value]) => make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, value))));
  return make("section", {}, make("p", { class: "shape" }, when(record.created_at)), table);
}

/** One action of a person. */
export const action = (done) => make("li", {}, `${when(done.created_at)}: ${done.staff}, ${label(done.action)}`);
