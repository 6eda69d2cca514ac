"use client";

import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { ApiError } from "@/lib/api";
import { type Session, type Staff, staffClient } from "@/lib/staff/client";
import { SignIn } from "./SignIn";
import { useSpeech } from "./Speech";

interface Inside {
  staff: Staff;
  session: Session;
  /** The session has ended; with the reason, where it was not the person's wish. */
  onOut: (reason?: string) => void;
}

/** Lets in who has a session, or needs none; everybody else signs in first. */
export function Gate({ children }: { children: (inside: Inside) => ReactNode }) {
  const speech = useSpeech();
  const staff = useMemo(() => staffClient(), []);
  const [session, setSession] = useState<Session | null>();
  const [why, setWhy] = useState("");
  const onOut = useCallback((reason = "") => {
    setSession(null);
    setWhy(reason);
  }, []);
  useEffect(() => {
    staff.session().then(setSession, (error) => {
      onOut(error instanceof ApiError && error.status === 401 ? "" : speech.why(error));
    });
  }, [staff, onOut, speech]);
  if (session === undefined) return <main id="main" aria-busy="true" />;
  if (session === null) return <SignIn staff={staff} why={why} onDone={setSession} />;
  return children({ staff, session, onOut });
}
