// The widget's panel: a question, then its ticket, in the same place.

import { type Api, ApiError, type Schemas, submissionKeys } from "../lib/api";
import { explain } from "../lib/explain";
import { SUPPORT_FORM, TICKET_REPLY } from "../lib/generated/rules";
import { fill } from "../lib/i18n/fill";
import { solveInSlices } from "../lib/proof";
import { proven } from "../lib/proven";
import { sentence } from "../lib/sentence";
import { check, type Rule, trimmed } from "../lib/validation";
import {
  conversation,
  type Opener,
  type Said,
  type Ticket,
  ticketPath,
  ticketQuery,
  watchTicket,
} from "../lib/watchTicket";
import { type Field, make, makeField } from "./dom";
import type { Settings } from "./settings";
import { remember, remembered } from "./store";

export class Panel {
  readonly element = make("div");
  private readonly notice = make("p", { class: "notice", role: "alert" });
  private readonly progress = make("p", { class: "hint", role: "status" });
  private readonly body = make("div");
  private readonly keyOf = submissionKeys();
  private stop = () => {};
  private busy = false;

  constructor(
    private readonly api: Api,
    private readonly settings: Settings,
  ) {
    this.element.append(this.notice, this.body);
  }

  /** Show the ticket that this browser knows, else the question; ready for typing. */
  show(): void {
    const opener = remembered(this.settings.origin);
    if (opener) this.showTicket(opener);
    else this.showQuestion();
  }

  /** Look no longer for answers. */
  hide(): void {
    this.stop();
    this.stop = () => {};
  }

  private showQuestion(): void {
    const { t } = this.settings;
    const fields = {
      name: makeField("nd-name", t.name, { autocomplete: "name" }),
      email: makeField("nd-email", t.email, { type: "email", autocomplete: "email", dir: "ltr" }),
      message: makeField("nd-message", t.widget.question, {}, 4),
    };
    const send = make("button", { type: "submit", class: "send" }, t.widget.ask);
    const hint = make("p", { class: "hint" }, t.messageHint);
    const rows = Object.values(fields).map((field) => field.row);
    const trap = make("input", { name: "homepage", tabindex: "-1", autocomplete: "off", "aria-label": "Homepage" });
    const form = make(
      "form",
      { novalidate: "" },
      ...rows,
      hint,
      make("div", { class: "trap", "aria-hidden": "true" }, trap),
      make("div", { class: "row" }, send, this.progress),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask(fields, trap.value, send);
    });
    this.body.replaceChildren(form);
    this.watchFields(fields, SUPPORT_FORM);
    fields.name.control.focus();
  }

  private async ask(
    fields: Record<"name" | "email" | "message", Field>,
    homepage: string,
    send: HTMLButtonElement,
  ): Promise<void> {
    const { category, origin } = this.settings;
    if (!this.checked(fields, SUPPORT_FORM)) return;
    const typed = {
      name: fields.name.control.value,
      email: fields.email.control.value,
      message: fields.message.control.value,
    };
    const body = { ...typed, subject: subjectOf(typed.message), category, ...(homepage && { homepage }) };
    const working = () => {
      this.progress.textContent = this.settings.t.proving;
    };
    const accepted = await this.sent(send, body, (key, waiting) =>
      proven(
        this.api,
        (headers) => this.api.postOnce<Schemas["FormAccepted"]>("/support/form", body, key, { waiting, headers }),
        { solve: solveInSlices, working },
      ),
    );
    if (!accepted) return;
    const opener = { number: accepted.ticket_id, token: accepted.status_token };
    remember(origin, opener);
    this.showTicket(opener);
  }

  private showTicket(opener: Opener): void {
    const { t, origin, language } = this.settings;
    const state = make("p", { class: "hint", role: "status" });
    const talk = make("ol");
    const log = make("div", { class: "log", role: "log", "aria-label": t.conversation, tabindex: "0" }, talk);
    const reply = makeField("nd-reply", t.writeBack, {}, 2);
    const send = make("button", { type: "submit", class: "send" }, t.sendReply);
    const page = `${origin}/status?lang=${language}#${opener.number}:${opener.token}`;
    const whole = make("a", { href: page, target: "_blank", rel: "noopener" }, t.widget.wholeTicket);
    const other = make("button", { type: "button", class: "quiet" }, t.widget.newQuestion);
    const form = make("form", { novalidate: "" }, reply.row, make("div", { class: "row" }, send, this.progress));
    this.watchFields({ message: reply }, TICKET_REPLY);
    this.body.replaceChildren(state, log, form, make("div", { class: "row" }, other, whole));
    reply.control.focus();

    const watch = watchTicket(this.api, opener, {
      onTicket: (ticket) => {
        state.textContent = `${ticket.ticket_id}: ${t.statuses[ticket.status].badge}. ${working(ticket) ? t.working : ""}`;
        form.hidden = ticket.status === "closed";
        this.draw(talk, conversation(ticket));
      },
      onState: (now) => {
        this.notice.textContent = now === "away" ? t.unreachable : "";
        if (now === "gone") this.forget();
      },
    });
    this.stop = watch.stop;
    other.addEventListener("click", () => this.forget());
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!this.checked({ message: reply }, TICKET_REPLY)) return;
      const body = { message: reply.control.value };
      const path = ticketPath(opener, "/messages") + ticketQuery(opener);
      const done = await this.sent(send, { ...body, said: talk.children.length }, (key, waiting) =>
        this.api.postOnce(path, body, key, { waiting }),
      );
      if (!done) return;
      reply.control.value = "";
      watch.look();
    });
  }

  /** Forget the ticket and ask for a question. */
  private forget(): void {
    this.hide();
    remember(this.settings.origin, null);
    this.showQuestion();
  }

  /** Add what is new: screen readers read out what is added. */
  private draw(talk: HTMLOListElement, all: Said[]): void {
    const { t, company } = this.settings;
    for (const { author, text } of all.slice(talk.children.length)) {
      const name = author === "customer" ? t.you : fill(t.authors[author], { company });
      talk.append(make("li", { class: author }, make("b", {}, name), make("p", { dir: "auto" }, text)));
      talk.lastElementChild?.scrollIntoView({ block: "nearest" });
    }
  }

  /** Check a field again on each change, while something is wrong with it. */
  private watchFields<Name extends string>(
    fields: Record<Name, Field>,
    rules: Readonly<Record<NoInfer<Name>, Rule>>,
  ): void {
    for (const name of Object.keys(fields) as Name[]) {
      const { control } = fields[name];
      control.addEventListener("input", () => {
        if (control.getAttribute("aria-invalid") === "true") this.checkField(name, fields[name], rules[name]);
      });
    }
  }

  private checkField(name: string, field: Field, rule: Rule): boolean {
    const { t, language } = this.settings;
    const problem = check(name, rule, field.control.value);
    field.mark(problem ? sentence(problem, t, language) : "");
    return problem === null;
  }

  private checked<Name extends string>(
    fields: Record<Name, Field>,
    rules: Readonly<Record<NoInfer<Name>, Rule>>,
  ): boolean {
    const wrong = (Object.keys(fields) as Name[]).filter((name) => !this.checkField(name, fields[name], rules[name]));
    const first = wrong[0];
    if (first) fields[first].control.focus();
    return first === undefined;
  }

  /** Make one call at a time; null when it failed, which the notice then says. */
  private async sent<T>(
    button: HTMLButtonElement,
    body: unknown,
    call: (key: string, waiting: () => void) => Promise<T>,
  ): Promise<T | null> {
    if (this.busy) return null;
    const { t } = this.settings;
    this.busy = button.disabled = true;
    this.notice.textContent = "";
    this.progress.textContent = t.sending;
    const waiting = () => {
      this.progress.textContent = t.waitingForService;
    };
    try {
      return await call(this.keyOf(body), waiting);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.notice.textContent = error.status === 0 ? t.widget.unreachable : explain(error, t, "");
      return null;
    } finally {
      this.busy = button.disabled = false;
      this.progress.textContent = "";
    }
  }
}

const working = (ticket: Ticket): boolean => ticket.status === "open" || ticket.status === "processing";

/** The subject of a question: its first line, cut after a word where it is long. */
export function subjectOf(message: string): string {
  const line = trimmed(message).split("\n")[0] ?? "";
  const start = [...line].slice(0, 80).join("");
  const subject = start.length < line.length ? start.replace(/\s+\S*$/, " …") : line;
  return [...subject].length < 5 ? [...trimmed(message)].slice(0, 80).join("").replaceAll("\n", " ") : subject;
}
