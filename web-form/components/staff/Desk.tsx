"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "@/lib/api";
import { company } from "@/lib/company";
import { fill } from "@/lib/i18n/fill";
import type { Session, Staff } from "@/lib/staff/client";
import { useEvents } from "@/lib/staff/useEvents";
import { useNow } from "@/lib/staff/useNow";
import { useShortcuts } from "@/lib/staff/useShortcuts";
import { About } from "./About";
import { Bar, LISTS } from "./Bar";
import { Composer } from "./Composer";
import { Conversation, possible } from "./Conversation";
import { DeskHeader } from "./DeskHeader";
import { DraftCard } from "./DraftCard";
import { Gate } from "./Gate";
import { Help } from "./Help";
import { Learned } from "./Learned";
import { Operations } from "./Operations";
import { Tool } from "./parts";
import { Queue } from "./Queue";
import { useSpeech } from "./Speech";
import { useActs } from "./useActs";
import { useOperations } from "./useOperations";
import { useQueue } from "./useQueue";
import { useTalk } from "./useTalk";
import { useTexts } from "./useTexts";

/** The support desk: signing in, then the desk itself. */
export function Desk() {
  return <Gate>{(inside) => <SignedIn {...inside} />}</Gate>;
}

interface Props {
  staff: Staff;
  session: Session;
  onOut: (reason?: string) => void;
}

/** Where the address leads, instead of to a conversation: to what else wants a person. */
const OVERVIEW = "overview";
const LEARNED = "learned";
const hashId = () => (typeof location === "undefined" ? "" : location.hash.slice(1));

function SignedIn({ staff, session, onOut }: Props) {
  const { t, why } = useSpeech();
  const me = session.name;
  const now = useNow();
  const [shown, setShown] = useState<string | null>(() => hashId() || null);
  const overview = shown === OVERVIEW;
  const learned = shown === LEARNED;
  const selected = overview || learned ? null : shown;
  const [search, setSearch] = useState("");
  const [said, setSaid] = useState<{ text: string; bad: boolean; more?: string[] }>({ text: "", bad: false });
  const [help, setHelp] = useState(false);
  const [answers, setAnswers] = useState(false);
  const replyBox = useRef<HTMLTextAreaElement>(null);
  const draftBox = useRef<HTMLTextAreaElement>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const texts = useTexts(selected);

  const say = useCallback((words: string, bad = false, more: string[] = []) => setSaid({ text: words, bad, more }), []);
  const failed = useCallback(
    (error: unknown) => {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return onOut(why(error));
      say(why(error), true);
    },
    [onOut, say, why],
  );
  const operations = useOperations(staff);
  const queue = useQueue(staff, true, failed);
  const { talk, newest, load: loadTalk } = useTalk(staff, selected, texts.text.trim() !== "", failed);
  const { state, live } = useEvents(true, (ids) => {
    queue.load();
    if (selected && (!ids.length || ids.includes(selected))) loadTalk();
  });
  const others = (state?.looking ?? []).filter((one) => one.conversation_id === selected && one.name !== me);

  useEffect(() => {
    const moved = () => setShown(hashId() || null);
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

  const { busy, act, reply, approve, askForDraft } = useActs({
    staff,
    talk,
    newest,
    rows: queue.rows ?? [],
    texts,
    reload: () => Promise.all([queue.load(), loadTalk()]),
    say,
    failed,
    onNext: go,
    onSent: () => title.current?.focus({ preventScroll: true }),
    onText: () => replyBox.current?.focus(),
  });

  function back() {
    const field = document.activeElement as HTMLElement | null;
    if (field?.matches("input, textarea, select")) field.blur();
    else if (answers) setAnswers(false);
    else go(null);
  }

  const can = talk ? possible(talk, me) : null;
  const draft = talk?.drafts[0];
  useShortcuts({
    j: learned ? null : () => step(1),
    k: learned ? null : () => step(-1),
    r: can?.reply ? () => replyBox.current?.focus() : null,
    c: can?.reply ? () => setAnswers(true) : null,
    t: can?.takeOver ? () => act("take-over") : null,
    u: can?.release ? () => act("release") : null,
    e: can?.resolve ? () => act("resolve") : null,
    a: draft ? () => approve(draft, null) : null,
    d: draft ? () => draftBox.current?.focus() : can?.draft ? askForDraft : null,
    g: can ? () => document.getElementById("category")?.focus() : null,
    p: can ? () => document.getElementById("priority")?.focus() : null,
    x: can?.close ? () => confirm(t.talk.closeAsk) && act("close") : null,
    o: () => go(overview ? null : OVERVIEW),
    l: () => go(learned ? null : LEARNED),
    PageDown: talk ? () => scrollThread(1) : null,
    PageUp: talk ? () => scrollThread(-1) : null,
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
      <title>{fill(t.titleOf, { company: company().name })}</title>
      <DeskHeader
        session={session}
        state={state}
        live={live}
        wanting={operations.count}
        overview={overview}
        onOverview={() => go(OVERVIEW)}
        onKeys={() => setHelp(true)}
        onLeave={leave}
      />
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
        <div className={`min-h-0 min-w-0 flex-col border-e border-edge bg-card lg:flex ${shown ? "hidden" : "flex"}`}>
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
            title={queue.wanted.search ? t.lists.found : chosen ? t.lists[chosen.name] : t.lists.others}
            rows={queue.rows}
            more={queue.next !== null}
            selected={selected}
            me={me}
            now={now}
            onMore={queue.more}
          />
        </div>
        <section
          aria-label={selected ? t.talk.label : t.overview.label}
          className={`min-h-0 min-w-0 flex-col lg:flex ${shown ? "flex" : "hidden"} ${selected ? "" : "overflow-y-auto xl:col-span-2"}`}
        >
          {!selected && (
            <>
              {(overview || learned) && (
                <p className="px-4 pt-3 lg:hidden">
                  <Tool onClick={() => go(null)}>{t.back}</Tool>
                </p>
              )}
              {learned ? (
                <Learned staff={staff} onChanged={operations.load} onSaid={say} />
              ) : (
                <Operations
                  staff={staff}
                  watched={operations.watched}
                  onChanged={operations.load}
                  onSaid={say}
                  onLearned={() => go(LEARNED)}
                />
              )}
            </>
          )}
          {selected && !talk && <p className="p-4 text-soft">{t.loading}</p>}
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
                  text={texts.text}
                  onText={(words) => texts.write(talk, words)}
                  busy={busy}
                  writing={others.filter(({ writing }) => writing).map(({ name }) => name)}
                  box={replyBox}
                  answersOpen={answers}
                  onAnswers={setAnswers}
                  draft={texts.draft}
                  onDraft={can.draft && !draft ? askForDraft : null}
                  onSend={reply}
                />
              )}
            </>
          )}
        </section>
        {talk && <About talk={talk} staff={staff} />}
      </main>
      {help && <Help onClose={() => setHelp(false)} />}
    </div>
  );
}

function scrollThread(pages: 1 | -1) {
  const box = document.querySelector<HTMLElement>("[data-scroll]");
  box?.scrollBy({ top: pages * box.clientHeight * 0.9 });
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
