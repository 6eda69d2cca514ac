"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "@/lib/api";
import { company } from "@/lib/company";
import type { Draft, SentReply, Session, Staff, Step } from "@/lib/staff/client";
import { useEvents } from "@/lib/staff/useEvents";
import { useNow } from "@/lib/staff/useNow";
import { useShortcuts } from "@/lib/staff/useShortcuts";
import { Bar, LISTS } from "./Bar";
import { Composer } from "./Composer";
import { Conversation, possible } from "./Conversation";
import { CustomerCard } from "./CustomerCard";
import { DraftCard } from "./DraftCard";
import { Gate } from "./Gate";
import { Help } from "./Help";
import { Operations } from "./Operations";
import { Panel, Tool } from "./parts";
import { Queue } from "./Queue";
import { Usage } from "./Usage";
import { useQueue } from "./useQueue";
import { useTalk } from "./useTalk";
import { Why } from "./Why";

const DONE: Record<Step, string> = {
  "take-over": "The conversation is yours.",
  release: "Given back to the agent.",
  resolve: "Resolved.",
  close: "Closed.",
  label: "Corrected.",
  approve: "Sent.",
  reply: "Sent.",
};
const UNANSWERED = "Nobody has replied to the customer's last message, and the agent will not before the next one.";

/** The support desk: signing in, then the desk itself. */
export function Desk() {
  return <Gate>{(inside) => <SignedIn {...inside} />}</Gate>;
}

interface Props {
  staff: Staff;
  session: Session;
  onOut: (reason?: string) => void;
}

const hashId = () => (typeof location === "undefined" ? "" : location.hash.slice(1));

function SignedIn({ staff, session, onOut }: Props) {
  const me = session.name;
  const now = useNow();
  const [selected, setSelected] = useState<string | null>(() => hashId() || null);
  const [search, setSearch] = useState("");
  const [said, setSaid] = useState<{ text: string; bad: boolean; more?: string[] }>({ text: "", bad: false });
  const [busy, setBusy] = useState(false);
  const [help, setHelp] = useState(false);
  const [answers, setAnswers] = useState(false);
  /** What is being written, by conversation, and the version that its writer had seen when it was begun. */
  const [texts, setTexts] = useState<Record<string, string>>({});
  const begun = useRef<Record<string, string>>({});
  const replyBox = useRef<HTMLTextAreaElement>(null);
  const draftBox = useRef<HTMLTextAreaElement>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const text = selected ? (texts[selected] ?? "") : "";

  const say = useCallback((words: string, bad = false, more: string[] = []) => setSaid({ text: words, bad, more }), []);
  const failed = useCallback(
    (error: unknown) => {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return onOut(error.message);
      const away = error instanceof ApiError && error.away;
      say(away ? "The service is away for a moment." : (error as Error).message, true);
    },
    [onOut, say],
  );
  const queue = useQueue(staff, true, failed);
  const { talk, load: loadTalk } = useTalk(staff, selected, text.trim() !== "", failed);
  const { state, live } = useEvents(true, (ids) => {
    queue.load();
    if (selected && (!ids.length || ids.includes(selected))) loadTalk();
  });
  const others = (state?.looking ?? []).filter((one) => one.conversation_id === selected && one.name !== me);

  useEffect(() => {
    const moved = () => setSelected(hashId() || null);
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  const { want } = queue;
  useEffect(() => {
    const timer = setTimeout(() => want({ search: search.trim() }), 250);
    return () => clearTimeout(timer);
  }, [search, want]);
  const opened = talk?.conversation_id;
  useEffect(() => {
    if (!opened) return;
    title.current?.focus({ preventScroll: true });
    // What the customer wrote last stands at the top; what was answered below it.
    const box = document.querySelector<HTMLElement>("[data-scroll]");
    const last = [...(box?.querySelectorAll<HTMLElement>("[data-inbound]") ?? [])].at(-1);
    box?.scrollTo({ top: (last?.offsetTop ?? 0) - box.offsetTop - 16 });
  }, [opened]);

  const go = useCallback((id: string | null) => {
    setAnswers(false);
    location.hash = id ?? "";
  }, []);

  function step(by: number) {
    const rows = queue.rows ?? [];
    const here = rows.findIndex((row) => row.conversation_id === selected);
    const next = rows[here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by];
    if (next) go(next.conversation_id);
  }

  function write(words: string) {
    if (!selected || !talk) return;
    if (!text.trim() && words.trim()) begun.current[selected] = talk.version;
    setTexts((before) => ({ ...before, [selected]: words }));
  }

  async function act(name: Step, body: object = {}, version = talk?.version) {
    if (!selected || !version || busy) return;
    setBusy(true);
    say("");
    const rows = queue.rows ?? [];
    const after = rows[rows.findIndex((row) => row.conversation_id === selected) + 1]?.conversation_id ?? null;
    try {
      const answer = await staff.act<Partial<SentReply> & { unanswered?: boolean }>(selected, name, version, body, () =>
        say("The service is away for a moment. Trying again …"),
      );
      const notes = (answer.warnings ?? []).map(({ message }) => message);
      say(DONE[name], false, answer.unanswered ? [...notes, UNANSWERED] : notes);
      if (name === "reply") setTexts((before) => ({ ...before, [selected]: "" }));
      await Promise.all([queue.load(), loadTalk()]);
      if (name === "resolve" || name === "close") go(after);
    } catch (error) {
      failed(error);
      // They have been told, and see what is new: the next try is made knowing it.
      delete begun.current[selected];
      await Promise.all([queue.load(), loadTalk()]);
    } finally {
      setBusy(false);
    }
  }

  const reply = () => selected && act("reply", { text: text.trim() }, begun.current[selected] ?? talk?.version);
  const approve = (draft: Draft, edited: string | null) =>
    act("approve", { draft_id: draft.draft_id, ...(edited !== null && { text: edited }) });

  function back() {
    const field = document.activeElement as HTMLElement | null;
    if (field?.matches("input, textarea, select")) field.blur();
    else if (answers) setAnswers(false);
    else go(null);
  }

  const can = talk ? possible(talk, me) : null;
  const draft = talk?.drafts[0];
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    r: can?.reply ? () => replyBox.current?.focus() : null,
    c: can?.reply ? () => setAnswers(true) : null,
    t: can?.takeOver ? () => act("take-over") : null,
    u: can?.release ? () => act("release") : null,
    e: can?.resolve ? () => act("resolve") : null,
    a: draft ? () => approve(draft, null) : null,
    d: draft ? () => draftBox.current?.focus() : null,
    "/": () => searchBox.current?.focus(),
    "?": () => setHelp(true),
    Escape: back,
    ...Object.fromEntries(
      LISTS.map((choice, index) => [
        String(index + 1),
        () => {
          setSearch("");
          queue.want({ ...choice.wanted, search: "" });
        },
      ]),
    ),
  });

  async function leave() {
    await staff.signOut().catch(() => {});
    onOut();
  }

  const chosen = LISTS.find(
    ({ wanted }) => wanted.list === queue.wanted.list && wanted.assignee === queue.wanted.assignee,
  );
  return (
    <div className="flex min-h-screen flex-col lg:h-screen">
      <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-edge bg-card px-4 py-2">
        <h1 className="flex items-center gap-2 font-semibold">
          {/* biome-ignore lint/performance/noImgElement: the product serves the logo as it is */}
          <img src="/assets/logo" alt="" width="24" height="24" /> {company().name} desk
        </h1>
        <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-soft">
          {state && state.overdue > 0 && <span className="font-semibold text-bad">{state.overdue} late</span>}
          <span>{live ? "live" : "connecting …"}</span>
          <a href="/staff/digest">Digest</a>
          <span>{me}</span>
          {session.by === "session" && <Tool onClick={leave}>Sign out</Tool>}
          <Tool hint="?" onClick={() => setHelp(true)}>
            Keys
          </Tool>
        </p>
      </header>
      <div aria-live="polite" role="status" className="px-4 text-sm">
        {said.text && !said.bad && <Told {...said} />}
      </div>
      <div role="alert" className="px-4 text-sm">
        {said.text && said.bad && <Told {...said} />}
      </div>
      <main
        id="main"
        className="grid min-h-0 flex-1 lg:grid-cols-[22rem_minmax(0,1fr)] xl:grid-cols-[22rem_minmax(0,1fr)_21rem]"
      >
        <div
          className={`min-h-0 min-w-0 flex-col border-e border-edge bg-card lg:flex ${selected ? "hidden" : "flex"}`}
        >
          <Bar
            wanted={queue.wanted}
            state={state}
            me={me}
            search={search}
            box={searchBox}
            onWanted={queue.want}
            onSearch={setSearch}
          />
          <Queue
            title={queue.wanted.search ? "Found" : (chosen?.name ?? "Conversations")}
            rows={queue.rows}
            more={queue.next !== null}
            selected={selected}
            me={me}
            now={now}
            onMore={queue.more}
          />
        </div>
        <section
          aria-label="Conversation"
          className={`min-h-0 min-w-0 flex-col lg:flex ${selected ? "flex" : "hidden"}`}
        >
          {!selected && <Operations staff={staff} onSaid={say} />}
          {selected && !talk && <p className="p-4 text-soft">Loading …</p>}
          {talk && (
            <>
              <Conversation
                talk={talk}
                staff={staff}
                me={me}
                now={now}
                busy={busy}
                looking={others.map(({ name }) => name)}
                title={title}
                onStep={act}
                onBack={() => go(null)}
              >
                <div className="mt-4 flex flex-col gap-4">
                  {talk.drafts.map((one, index) => (
                    <DraftCard
                      key={one.draft_id}
                      draft={one}
                      busy={busy}
                      box={index === 0 ? draftBox : null}
                      onApprove={approve}
                    />
                  ))}
                </div>
              </Conversation>
              {can?.reply && (
                <Composer
                  talk={talk}
                  staff={staff}
                  text={text}
                  onText={write}
                  busy={busy}
                  writing={others.filter(({ writing }) => writing).map(({ name }) => name)}
                  box={replyBox}
                  answersOpen={answers}
                  onAnswers={setAnswers}
                  onSend={reply}
                />
              )}
            </>
          )}
        </section>
        {talk && (
          <section
            aria-label="About this conversation"
            className="min-h-0 min-w-0 overflow-y-auto border-s border-edge bg-card lg:col-span-2 xl:col-span-1"
          >
            <CustomerCard id={talk.customer_id} here={talk.conversation_id} version={talk.version} staff={staff} />
            <Panel title="Why the agent did this">
              <Why decisions={talk.decisions} staff={staff} />
            </Panel>
            <Panel title="What people did" open={false}>
              <ul>
                {talk.actions.map((action) => (
                  <li key={`${action.created_at}${action.action}`}>
                    {action.staff}: {action.action.replaceAll("_", " ")}
                  </li>
                ))}
                {talk.openings.map((seen) => (
                  <li key={seen.opened_at}>{seen.staff}: opened a file</li>
                ))}
              </ul>
            </Panel>
            <Usage id={talk.conversation_id} version={talk.version} staff={staff} />
          </section>
        )}
      </main>
      {help && <Help onClose={() => setHelp(false)} />}
    </div>
  );
}

function Told({ text, bad, more = [] }: { text: string; bad: boolean; more?: string[] }) {
  return (
    <div className={`my-2 rounded-xl px-4 py-2 ${bad ? "bg-bad-tint text-bad" : "bg-good-tint text-good"}`}>
      {text}
      {more.length > 0 && (
        <ul className="list-disc ps-5">
          {more.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
