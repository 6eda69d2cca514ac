"use client";

import { useState } from "react";
import type { Message, Staff, Talk } from "@/lib/staff/client";
import { delivery, when, words } from "@/lib/staff/words";
import { Tool } from "./parts";

const SIDES = {
  inbound: "me-8 border-edge bg-card",
  outbound: "ms-8 border-transparent bg-tint",
};

/** The messages of a conversation, oldest first, with their delivery and files. */
export function Thread({ talk, staff }: { talk: Talk; staff: Staff }) {
  return (
    <ol aria-label="Messages" className="flex flex-col gap-3">
      {talk.messages.map((message) => (
        <Bubble key={message.message_id} message={message} conversation={talk.conversation_id} staff={staff} />
      ))}
    </ol>
  );
}

function Bubble({ message, conversation, staff }: { message: Message; conversation: string; staff: Staff }) {
  const name = message.author === "customer" ? "Customer" : (message.staff ?? words(message.author));
  const sent = delivery(message);
  return (
    <li
      data-inbound={message.direction === "inbound" ? "" : undefined}
      className={`rounded-xl border px-4 py-2.5 ${SIDES[message.direction]}`}
    >
      <p className="flex flex-wrap justify-between gap-x-3 text-xs text-soft">
        <b className="capitalize">{name}</b>
        <time dateTime={message.created_at}>{when(message.created_at)}</time>
      </p>
      <p dir="auto" className="whitespace-pre-wrap wrap-anywhere">
        {message.text}
      </p>
      {message.full_text && <More title="with what it quotes" text={message.full_text} />}
      {message.draft && <More title="the agent's own draft" text={message.draft} />}
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
      setProblem((error as Error).message);
    }
  }
  return (
    <p className="mt-1">
      <Tool onClick={open}>{name}</Tool> <span className="text-sm text-bad">{problem}</span>
    </p>
  );
}
