"use client";

import { createContext, type ReactNode, useContext } from "react";
import type { Messages } from "@/lib/i18n/en";
import type { Language } from "@/lib/i18n/names";

interface Spoken {
  language: Language;
  t: Messages;
}

const Context = createContext<Spoken | null>(null);

/** Give the page's language to everything inside. */
export function Texts({ children, ...spoken }: Spoken & { children: ReactNode }) {
  return <Context value={spoken}>{children}</Context>;
}

/** The page's language and its words. */
export function useTexts(): Spoken {
  const spoken = useContext(Context);
  if (!spoken) throw new Error("useTexts outside of <Texts>");
  return spoken;
}
