"use client";

import { useState } from "react";
import type { Message, Staff, Talk } from "@/lib/staff/client";
import { named } from "@/lib/staff/words";
import { Tool } from "./parts";
import { useSpeech } from "./Speech";

const SIDES = {
  inbound: "me-8 border-edge bg-card",
  outbound: "ms-8 border-transparent bg-tint",
};

/** The messages of a conversation, oldest first, with their delivery and files. */
export function Thread({ talk, staff }: { talk: Talk; staff: Staff }) {
  const { t } = useSpeech();
  return (
    <ol aria-label={t.talk.messages} className="flex flex-col gap-3">
      {talk.messages.map((message) => (
        <Bubble key={message.message_id} message={message} conversation={talk.conversation_id} staff={staff} />
      ))}
    </ol>
  );
}

function Bubble({ message, conversation, staff }: { message: Message; conversation: string; staff: Staff }) {
  const { t, when, delivery } = useSpeech();
  const name = (message.author !== "customer" && message.staff) || named(t.authors, message.author);
  const sent = delivery(message);
  return (
    <li
      data-inbound={message.direction === "inbound" ? "" : undefined}
      className={`rounded-xl border px-4 py-2.5 ${SIDES[message.direction]}`}
    >
      <p className="flex flex-wrap justify-between gap-x-3 text-xs text-soft">
        <bdi className="font-bold wrap-anywhere">{name}</bdi>
        <time dateTime={message.created_at}>{when(message.created_at)}</time>
      </p>
      <p dir="auto" className="whitespace-pre-wrap wrap-anywhere">
        {message.text}
      </p>
      {message.full_text && <More title={t.talk.quoted} text={message.full_text} />}
      {message.draft && <More title={t.talk.ownDraft} text={message.draft} />}
      {message.attachments.map((file, index) => (
        <FileLink
          // biome-ignore lint/suspicious/noArrayIndexKey: a file has no other name than its place in its message
          key={index}
          name={String(file.filename)}
          path={`/conversations/${conversation}/messages/${message.message_id}/files/${index}`}
          staff={staff}
        />
      ))}
      {sent && <p className={`text-xs ${sent.bad ? "font-semibold text-bad" : "text-soft"}`}>{sent.text}</p>}
    </li>
  );
}

function More({ title, text }: { title: string; text: string }) {
  return (
    <details className="mt-1 text-sm">
      <summary className="text-soft">{title}</summary>
      <p dir="auto" className="whitespace-pre-wrap wrap-anywhere border-s-2 border-line ps-3">
        {text}
      </p>
    </details>
  );
}

function FileLink({ name, path, staff }: { name: string; path: string; staff: Staff }) {
  const { why } = useSpeech();
  const [problem, setProblem] = useState("");
  async function open() {
    setProblem("");
    try {
      const file = URL.createObjectURL(await (await staff.file(path)).blob());
      const link = document.createElement("a");
      link.href = file;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(file), 60_000);
    } catch (error) {
      setProblem(why(error));
    }
  }
  return (
    <p className="mt-1">
      <Tool onClick={open}>{name}</Tool> <span className="text-sm text-bad">{problem}</span>
    </p>
  );
}
