import type { Staff, Talk } from "@/lib/staff/client";
import { when, words } from "@/lib/staff/words";
import { CustomerCard } from "./CustomerCard";
import { Panel } from "./parts";
import { Usage } from "./Usage";
import { Why } from "./Why";

/** The column beside a conversation: who writes, why the agent did what it did, what people did, what it took. */
export function About({ talk, staff }: { talk: Talk; staff: Staff }) {
  return (
    <section
      aria-label="About this conversation"
      className="min-h-0 min-w-0 overflow-y-auto border-s border-edge bg-card lg:col-span-2 xl:col-span-1"
    >
      <CustomerCard id={talk.customer_id} here={talk.conversation_id} version={talk.version} staff={staff} />
      <Panel title="Why the agent did this">
        <Why decisions={talk.decisions} staff={staff} />
      </Panel>
      <Panel title="What people did" open={false}>
        <ul className="wrap-anywhere">
          {done(talk).map(({ at, text }) => (
            <li key={at + text}>
              {text} <span className="text-soft">{when(at)}</span>
            </li>
          ))}
        </ul>
      </Panel>
      <Usage id={talk.conversation_id} version={talk.version} staff={staff} />
    </section>
  );
}

/** What people did, oldest first. */
function done(talk: Talk): { at: string; text: string }[] {
  const all = [
    ...talk.actions.map((one) => ({ at: one.created_at, text: `${one.staff}: ${words(one.action)}` })),
    ...talk.openings.map((one) => ({ at: one.opened_at, text: `${one.staff}: opened a file` })),
    ...talk.requested.map((one) => ({
      at: one.created_at,
      text: `${one.staff}: asked for a draft${one.message_id ? ", and sent it" : one.text ? "" : ", and got none"}`,
    })),
  ];
  return all.sort((one, other) => one.at.localeCompare(other.at));
}
