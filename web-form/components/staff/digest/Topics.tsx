import { fill } from "@/lib/i18n/fill";
import type { Topic } from "@/lib/staff/client";
import { useSpeech } from "../Speech";

interface Props {
  title: string;
  topics: Topic[];
  none: string;
}

/** Groups of questions, the largest first, with their share as a bar. */
export function Topics({ title, topics, none }: Props) {
  const { t, number } = useSpeech();
  const { digest } = t;
  return (
    <section aria-label={title} className="min-w-0 rounded-2xl border border-edge bg-card p-4">
      <h2 className="mb-2 font-semibold">{title}</h2>
      {topics.length === 0 && <p className="text-soft">{none}</p>}
      {topics.length > 0 && (
        <table className="w-full">
          <thead className="text-sm text-soft">
            <tr>
              <th scope="col" className="text-start font-normal">
                {digest.topic}
              </th>
              <th scope="col" className="px-2 text-end font-normal">
                {digest.questions}
              </th>
              <th scope="col" className="px-2 text-end font-normal max-sm:hidden">
                {digest.customers}
              </th>
              <th scope="col" className="text-end font-normal">
                {digest.handedOver}
              </th>
            </tr>
          </thead>
          <tbody>
            {topics.map((topic) => (
              <tr key={topic.words.join() + topic.tickets.join()} className="border-t border-edge align-top">
                <th scope="row" className="py-1.5 text-start font-medium wrap-anywhere">
                  <bdi>{topic.words.join(", ")}</bdi>
                  <span className="block text-sm font-normal text-soft">
                    {topic.title && <bdi>{topic.title}; </bdi>}
                    {fill(digest.such, { tickets: topic.tickets.join(", ") })}
                  </span>
                </th>
                <td className="px-2 py-1.5 text-end tabular-nums">{number(topic.questions)}</td>
                <td className="px-2 py-1.5 text-end tabular-nums max-sm:hidden">{number(topic.customers)}</td>
                <td className="py-1.5 text-end tabular-nums">{number(topic.escalated)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
