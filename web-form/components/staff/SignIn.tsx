"use client";

import { type FormEvent, useEffect, useState } from "react";
import { Button, buttonLook } from "@/components/Button";
import { Card } from "@/components/Card";
import { FormField } from "@/components/FormField";
import { ApiError } from "@/lib/api";
import type { Session, Staff } from "@/lib/staff/client";

/** Why the provider let nobody in: `?sign-in=…` in the address, as the product sends people back. */
const SHUT: Record<string, string> = {
  cancelled: "You have not signed in.",
  old: "This took too long, or it began in another browser. Try again.",
  refused: "You may not work at this desk. Ask who runs it to add your address or group.",
  failed: "The answer of the provider does not prove who you are. Try again; if it stays so, its settings are wrong.",
  away: "The provider that you sign in by is away. Try again in a moment, or use a staff key.",
};
const told = () => new URLSearchParams(typeof location === "undefined" ? "" : location.search).get("sign-in") ?? "";

interface Props {
  staff: Staff;
  /** What the product says when no key can open the desk. */
  why: string;
  onDone: (session: Session) => void;
}

/** Signing in: by the company's provider where there is one, or with a staff key. */
export function SignIn({ staff, why, onDone }: Props) {
  const [key, setKey] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const [provider, setProvider] = useState<string | null>(null);
  const [shut] = useState(() => SHUT[told()] ?? "");
  useEffect(() => {
    staff.ways().then(
      (ways) => setProvider(ways.provider),
      () => {},
    );
  }, [staff]);

  async function send(event: FormEvent) {
    event.preventDefault();
    if (!key.trim()) return setError("Please fill this in.");
    setBusy(true);
    setError("");
    try {
      onDone(await staff.signIn(key.trim()));
    } catch (failure) {
      const refused = failure instanceof ApiError && failure.status === 401;
      setError(refused ? "This key opens nothing here." : (failure as Error).message);
      setBusy(false);
    }
  }

  return (
    <main id="main" className="mx-auto w-full max-w-md px-5 py-16">
      <h1 className="mb-6 text-2xl font-semibold">The support desk</h1>
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
              Sign in with your account
            </a>
            <p className="mt-2 text-sm text-soft">By your company's own provider. Your session lasts twelve hours.</p>
          </div>
        )}
        <form onSubmit={send} noValidate>
          <FormField
            id="key"
            label="Staff key"
            type="password"
            hint="One of STAFF_API_KEY. Your session lasts twelve hours."
            autoComplete="current-password"
            value={key}
            onChange={setKey}
            error={error}
            required
            ltr
          />
          <Button type="submit" kind={provider ? "quiet" : "primary"} busy={busy}>
            Sign in{provider ? " with the key" : ""}
          </Button>
        </form>
      </Card>
    </main>
  );
}
