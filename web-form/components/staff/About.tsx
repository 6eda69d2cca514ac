import type { Staff, Talk } from "@/lib/staff/client";
import { named, type Speech } from "@/lib/staff/words";
import { CustomerCard } from "./CustomerCard";
import { Panel } from "./parts";
import { useSpeech } from "./Speech";
import { Usage } from "./Usage";
import { Why } from "./Why";

/** The column beside a conversation: who writes, why the agent did what it did, what people did, what it took. */
export function About({ talk, staff }: { talk: Talk; staff: Staff }) {
  const speech = useSpeech();
  const { t, when } = speech;
  return (
    <section
      aria-label={t.about.label}
      className="min-h-0 min-w-0 overflow-y-auto border-s border-edge bg-card lg:col-span-2 xl:col-span-1"
    >
      <CustomerCard id={talk.customer_id} here={talk.conversation_id} version={talk.version} staff={staff} />
      <Panel title={t.about.why}>
        <Why decisions={talk.decisions} staff={staff} />
      </Panel>
      <Panel title={t.about.people} open={false}>
        <ul className="wrap-anywhere">
          {done(talk, speech).map(({ at, text }) => (
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
function done(talk: Talk, { t }: Speech): { at: string; text: string }[] {
  const { openedFile, askedDraft, askedSent, askedNone } = t.about;
  const all = [
    ...talk.actions.map((one) => ({
      at: one.created_at,
      text: `\u2068${one.staff}\u2069: ${named(t.actions, one.action)}`,
    })),
    ...talk.openings.map((one) => ({ at: one.opened_at, text: `\u2068${one.staff}\u2069: ${openedFile}` })),
    ...talk.requested.map((one) => ({
      at: one.created_at,
      text: `\u2068${one.staff}\u2069: ${one.message_id ? askedSent : one.text ? askedDraft : askedNone}`,
    })),
  ];
  return all.sort((one, other) => one.at.localeCompare(other.at));
}
