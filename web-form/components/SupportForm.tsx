"use client";

import { type FormEvent, useState } from "react";
import { apiClient, type Schemas } from "@/lib/api";
import { company } from "@/lib/company";
import { explain } from "@/lib/explain";
import { fileKeys, multipart } from "@/lib/files";
import { SUPPORT_FORM } from "@/lib/generated/rules";
import { fill } from "@/lib/i18n/fill";
import { proven, solveInWorker } from "@/lib/proven";
import { useFormValidation } from "@/lib/useFormValidation";
import { length, trimmed } from "@/lib/validation";
import { Button } from "./Button";
import { Card } from "./Card";
import { FileField } from "./FileField";
import { FormField } from "./FormField";
import { Notice } from "./Notice";
import { useTexts } from "./Texts";
import { useFiles } from "./useFiles";
import { useInBrowser } from "./useInBrowser";
import { useSending } from "./useSending";

type Accepted = Schemas["FormAccepted"];

const EMPTY = {
  name: "",
  email: "",
  phone: "",
  subject: "",
  category: "",
  priority: "medium" as string,
  message: "",
  homepage: "",
};

interface Props {
  onAccepted: (ticket: Accepted, sent: typeof EMPTY) => void;
  /** Where the API is, when it is not below this page's host. */
  endpoint?: string;
  /** Values that are there already: name and address after a first request. */
  initial?: Partial<typeof EMPTY>;
}

/** The form: checks what is typed by the server's rules, sends it once, and keeps it when that fails. */
export function SupportForm({ onAccepted, endpoint, initial }: Props) {
  const { t, language } = useTexts();
  const form = useFormValidation(SUPPORT_FORM, { ...EMPTY, ...initial }, t, language);
  const attached = useFiles();
  const { busy, run } = useSending();
  const inBrowser = useInBrowser();
  const [notice, setNotice] = useState("");
  const [progress, setProgress] = useState("");

  async function send(event: FormEvent) {
    event.preventDefault();
    const values = form.submit();
    const { files } = attached;
    setNotice(values && !attached.error ? "" : t.marked);
    if (!values || attached.error || busy) return;
    // What may be left out is left out where it is empty: the telephone, and the field that people do not see.
    const body = Object.fromEntries(Object.entries(values).filter(([, value]) => trimmed(value)));
    setProgress(t.sending);
    const waiting = () => setProgress(t.waitingForService);
    const api = apiClient(endpoint);
    const call = (key: string) => (headers: Record<string, string>) =>
      files.length
        ? api.postOnce<Accepted>("/support/form/files", multipart(body, files), key, { waiting, headers })
        : api.postOnce<Accepted>("/support/form", body, key, { waiting, headers });
    const working = () => setProgress(t.proving);
    const ticket = await run(
      [body, fileKeys(files)],
      (key) => proven(api, call(key), { solve: solveInWorker, working, first: files.length > 0 }),
      (error) => {
        const marked = attached.refused(error) || form.refused(error);
        setNotice(marked ? t.marked : explain(error, t, company().supportAddress));
      },
    );
    setProgress("");
    if (ticket) onAccepted(ticket, values);
  }

  const count = length(form.values.message);
  const most = SUPPORT_FORM.message.most;
  const counter = {
    text: fill(t.count, { count: count.toLocaleString(language), most: most.toLocaleString(language) }),
    over: count > most,
  };
  const common = { readOnly: busy };
  return (
    <>
      <Notice text={notice} />
      <Card>
        <form noValidate onSubmit={send} aria-busy={busy}>
          <div className="grid gap-x-5 sm:grid-cols-2">
            <FormField {...common} {...form.field("name")} label={t.name} autoComplete="name" />
            <FormField {...common} {...form.field("email")} label={t.email} type="email" autoComplete="email" ltr />
          </div>
          <FormField
            {...common}
            {...form.field("phone")}
            label={t.phone}
            optional={t.optional}
            hint={t.phoneHint}
            type="tel"
            autoComplete="tel"
            ltr
          />
          <FormField {...common} {...form.field("subject")} label={t.subject} />
          <div className="grid gap-x-5 sm:grid-cols-2">
            <FormField
              {...common}
              {...form.field("category")}
              label={t.category}
              choices={[
                { value: "", label: t.choose },
                ...SUPPORT_FORM.category.choices.map((value) => ({ value, label: t.categories[value] })),
              ]}
            />
            <FormField
              {...common}
              {...form.field("priority")}
              label={t.priority}
              choices={SUPPORT_FORM.priority.choices.map((value) => ({ value, label: t.priorities[value] }))}
            />
          </div>
          <FormField
            {...common}
            {...form.field("message")}
            label={t.message}
            rows={7}
            hint={t.messageHint}
            counter={counter}
          />
          <FileField
            id="files"
            files={attached.files}
            error={attached.error}
            onChange={attached.choose}
            readOnly={busy}
          />
          <Trap {...form.field("homepage")} />
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            {/* Until React has taken over, a click would send the form the browser's own way. */}
            <Button type="submit" busy={busy} disabled={!inBrowser}>
              {t.send}
            </Button>
            <p role="status" className="text-sm text-soft">
              {progress}
            </p>
          </div>
        </form>
      </Card>
    </>
  );
}

/** A field that people do not see, and programs fill in. Where it is looked at, such a form is refused. */
function Trap({ id, value, onChange }: { id: string; value: string; onChange: (value: string) => void }) {
  return (
    <div aria-hidden="true" className="sr-only">
      <label htmlFor={id}>Homepage</label>
      <input
        id={id}
        name={id}
        value={value}
        tabIndex={-1}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
