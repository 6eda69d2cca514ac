"use client";

import { createContext, type ReactNode, useContext, useMemo } from "react";
import type { DeskMessages } from "@/lib/i18n/desk/en";
import type { Language } from "@/lib/i18n/names";
import { type Speech, speech } from "@/lib/staff/words";

const Context = createContext<Speech | null>(null);

/** Give the desk's words in the page's language to everything inside. */
export function Spoken({ language, t, children }: { language: Language; t: DeskMessages; children: ReactNode }) {
  return <Context value={useMemo(() => speech(t, language), [t, language])}>{children}</Context>;
}

/** The desk's words, and how it writes numbers and times. */
export function useSpeech(): Speech {
  const spoken = useContext(Context);
  if (!spoken) throw new Error("useSpeech outside of <Spoken>");
  return spoken;
}
