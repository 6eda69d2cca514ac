"use client";

import { type FormEvent, useState } from "react";
import { apiClient, type Schemas } from "@/lib/api";
import { company } from "@/lib/company";
import { explain } from "@/lib/explain";
import { fileKeys, multipart } from "@/lib/files";
import { TICKET_REPLY } from "@/lib/generated/rules";
import { fill } from "@/lib/i18n/fill";
import { useFormValidation } from "@/lib/useFormValidation";
import { length } from "@/lib/validation";
import { type Opener, ticketPath, ticketQuery } from "@/lib/watchTicket";
import { Button } from "./Button";
import { Card } from "./Card";
import { FileField } from "./FileField";
import { FormField } from "./FormField";
import { Notice } from "./Notice";
import { useTexts } from "./Texts";
import { useFiles } from "./useFiles";
import { useSending } from "./useSending";

interface Props {
  opener: Opener;
  /** How many messages the ticket has: the same words may be said again after an answer. */
  said: number;
  onSent: () => void;
  endpoint?: string;
}

/** A further message of the customer's in the ticket. */
export function ReplyForm({ opener, said, onSent, endpoint }: Props) {
  const { t, language } = useTexts();
  const form = useFormValidation(TICKET_REPLY, { message: "" }, t, language);
  const attached = useFiles();
  const { busy, run } = useSending();
  const [notice, setNotice] = useState("");
  const [progress, setProgress] = useState("");
  const most = TICKET_REPLY.message.most;
  const count = length(form.values.message);

  async function send(event: FormEvent) {
    event.preventDefault();
    const values = form.submit();
    const { files } = attached;
    setNotice("");
    if (!values || attached.error || busy) return;
    setProgress(t.sending);
    const path = ticketPath(opener, files.length ? "/messages/files" : "/messages") + ticketQuery(opener);
    const body = files.length ? multipart(values, files) : values;
    const waiting = () => setProgress(t.waitingForService);
    const sent = await run(
      { ...values, said, files: fileKeys(files) },
      (key) => apiClient(endpoint).postOnce<Schemas["ReplyAccepted"]>(path, body, key, { waiting }),
      (error) => {
        const marked = attached.refused(error) || form.refused(error);
        setNotice(marked ? t.marked : explain(error, t, company().supportAddress));
      },
    );
    setProgress(sent ? t.sent : "");
    if (!sent) return;
    form.setValues({ message: "" });
    attached.choose([]);
    onSent();
  }

  const counter = {
    text: fill(t.count, { count: count.toLocaleString(language), most: most.toLocaleString(language) }),
    over: count > most,
  };
  const field = form.field("message");
  return (
    <Card className="mb-6">
      <Notice text={notice} />
      <form noValidate onSubmit={send} aria-busy={busy}>
        <FormField
          {...field}
          onChange={(value) => {
            setProgress("");
            field.onChange(value);
          }}
          label={t.writeBack}
          hint={t.writeBackHint}
          rows={4}
          counter={counter}
          readOnly={busy}
        />
        <FileField
          id="files"
          files={attached.files}
          error={attached.error}
          onChange={attached.choose}
          readOnly={busy}
        />
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <Button type="submit" busy={busy}>
            {t.sendReply}
          </Button>
          <p role="status" className="text-sm text-soft">
            {progress}
          </p>
        </div>
      </form>
    </Card>
  );
}
