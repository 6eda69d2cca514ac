"use client";

import { type FormEvent, useEffect, useState } from "react";
import { Button, buttonLook } from "@/components/Button";
import { Card } from "@/components/Card";
import { FormField } from "@/components/FormField";
import { ApiError } from "@/lib/api";
import type { Session, Staff } from "@/lib/staff/client";
import { Languages } from "./Languages";
import { useSpeech } from "./Speech";

/** Why the provider let nobody in: `?sign-in=…` in the address, as the product sends people back. */
const told = () => new URLSearchParams(typeof location === "undefined" ? "" : location.search).get("sign-in") ?? "";

interface Props {
  staff: Staff;
  /** What the product says when no key can open the desk. */
  why: string;
  onDone: (session: Session) => void;
}

/** Signing in: by the company's provider where there is one, or with a staff key. */
export function SignIn({ staff, why, onDone }: Props) {
  const speech = useSpeech();
  const t = speech.t.signIn;
  const [key, setKey] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const [provider, setProvider] = useState<string | null>(null);
  const [shut] = useState(() => (t.shut as Record<string, string>)[told()] ?? "");
  useEffect(() => {
    staff.ways().then(
      (ways) => setProvider(ways.provider),
      () => {},
    );
  }, [staff]);

  async function send(event: FormEvent) {
    event.preventDefault();
    if (!key.trim()) return setError(t.empty);
    setBusy(true);
    setError("");
    try {
      onDone(await staff.signIn(key.trim()));
    } catch (failure) {
      const refused = failure instanceof ApiError && failure.status === 401;
      setError(refused ? t.wrong : speech.why(failure));
      setBusy(false);
    }
  }

  return (
    <main id="main" className="mx-auto w-full max-w-md px-5 py-16">
      <title>{speech.t.title}</title>
      <h1 className="mb-6 text-2xl font-semibold">{speech.t.title}</h1>
      <Card>
        {shut && (
          <p role="alert" className="mb-4 rounded-xl bg-bad-tint px-4 py-2 text-bad">
            {shut}
          </p>
        )}
        {why && <p className="mb-4 text-soft">{why}</p>}
        {provider && (
          <div className="mb-6 border-b border-edge pb-6">
            <a href={provider} className={buttonLook()}>
              {t.provider}
            </a>
            <p className="mt-2 text-sm text-soft">{t.providerHint}</p>
          </div>
        )}
        <form onSubmit={send} noValidate>
          <FormField
            id="key"
            label={t.key}
            type="password"
            hint={t.keyHint}
            autoComplete="current-password"
            value={key}
            onChange={setKey}
            error={error}
            required
            ltr
          />
          <Button type="submit" kind={provider ? "quiet" : "primary"} busy={busy}>
            {provider ? t.sendKey : t.send}
          </Button>
        </form>
      </Card>
      <div className="mt-6">
        <Languages />
      </div>
    </main>
  );
}
