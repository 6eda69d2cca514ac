/** A sentence above a form that is read out at once: what went wrong, or what is under way. Empty: nothing shows. */
export function Notice({ text, bad = true }: { text: string; bad?: boolean }) {
  const colours = bad ? "bg-bad-tint text-bad" : "bg-tint text-text";
  return <div role="alert">{text && <p className={`mb-5 rounded-xl px-4 py-3 ${colours}`}>{text}</p>}</div>;
}
