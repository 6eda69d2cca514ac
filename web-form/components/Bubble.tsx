import { company } from "@/lib/company";
import type { Messages } from "@/lib/i18n/en";
import { fill } from "@/lib/i18n/fill";
import type { Said } from "@/lib/watchTicket";
import { when } from "@/lib/when";

interface Props extends Said {
  language: string;
  t: Messages;
}

/** One message of a conversation, the customer's at the line's end. */
export function Bubble({ author, text, at, files = [], language, t }: Props) {
  const mine = author === "customer";
  const name = mine ? t.you : fill(t.authors[author], { company: company().name });
  const look = mine
    ? "justify-self-end rounded-ee-sm bg-tint"
    : "justify-self-start rounded-es-sm border border-edge bg-card shadow-card";
  return (
    <li className={`max-w-[88%] min-w-0 rounded-2xl px-4 py-3 ${look}`}>
      <p className="mb-1 flex flex-wrap gap-x-3 text-sm text-soft">
        <b className="text-text">{name}</b>
        <time dateTime={at}>{when(at, language)}</time>
      </p>
      <p dir="auto" className="whitespace-pre-wrap wrap-anywhere">
        {text}
      </p>
      {files.length > 0 && (
        <ul aria-label={t.files.chosen} className="mt-2 flex flex-wrap gap-2">
          {files.map((name, at) => (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: two files may have one name
              key={`${name} ${at}`}
              className="max-w-full rounded-lg wrap-anywhere border border-line px-2 py-0.5 text-sm"
            >
              <bdi>{name}</bdi>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
