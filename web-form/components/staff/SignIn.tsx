"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { FormField } from "@/components/FormField";
import { ApiError } from "@/lib/api";
import type { Session, Staff } from "@/lib/staff/client";

/** Signing in with a staff key. `why`: what the product says when no key can open the desk. */
export function SignIn({ staff, why, onDone }: { staff: Staff; why: string; onDone: (session: Session) => void }) {
  const [key, setKey] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);

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
        {why && <p className="mb-4 text-soft">{why}</p>}
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
          <Button type="submit" busy={busy}>
            Sign in
          </Button>
        </form>
      </Card>
    </main>
  );
}
