import type { ReactNode } from "react";
import { Spoken } from "@/components/staff/Speech";
import { deskMessages } from "@/lib/i18n/desk";
import type { Language } from "@/lib/i18n/names";

export default async function Layout({ children, params }: { children: ReactNode; params: Promise<{ lang: string }> }) {
  const language = (await params).lang as Language;
  return (
    <Spoken language={language} t={deskMessages(language)}>
      {children}
    </Spoken>
  );
}
