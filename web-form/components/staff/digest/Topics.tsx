import type { Topic } from "@/lib/staff/client";

interface Props {
  title: string;
  topics: Topic[];
  none: string;
}

/** Groups of questions, the largest first, with their share as a bar. */
export function Topics({ title, topics, none }: Props) {
  return (
    <section aria-label={title} className="min-w-0 rounded-2xl border border-edge bg-card p-4">
      <h2 className="mb-2 font-semibold">{title}</h2>
      {topics.length === 0 && <p className="text-soft">{none}</p>}
      {topics.length > 0 && (
        <table className="w-full wrap-anywhere">
          <thead className="text-sm text-soft">
            <tr>
              <th scope="col" className="text-start font-normal">
                About
              </th>
              <th scope="col" className="px-2 text-end font-normal">
                Questions
              </th>
              <th scope="col" className="px-2 text-end font-normal max-sm:hidden">
                Customers
              </th>
              <th scope="col" className="text-end font-normal">
                Handed over
              </th>
            </tr>
          </thead>
          <tbody>
            {topics.map((topic) => (
              <tr key={topic.words.join() + topic.tickets.join()} className="border-t border-edge align-top">
                <th scope="row" className="py-1.5 text-start font-medium">
                  {topic.words.join(", ")}
                  <span className="block text-sm font-normal text-soft">
                    {topic.title && `${topic.title}; `}such as {topic.tickets.join(", ")}
                  </span>
                </th>
                <td className="px-2 py-1.5 text-end tabular-nums">{topic.questions}</td>
                <td className="px-2 py-1.5 text-end tabular-nums max-sm:hidden">{topic.customers}</td>
                <td className="py-1.5 text-end tabular-nums">{topic.escalated}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
