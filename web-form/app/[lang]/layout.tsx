import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { Texts } from "@/components/Texts";
import { messages } from "@/lib/i18n";
import { direction, LANGUAGES, type Language } from "@/lib/i18n/names";
import "@/styles/globals.css";

export const metadata: Metadata = { icons: "/assets/logo", referrer: "no-referrer" };
export const viewport: Viewport = { colorScheme: "light dark" };
export const dynamicParams = false;
export const generateStaticParams = () => LANGUAGES.map((lang) => ({ lang }));

export default async function Layout({ children, params }: { children: ReactNode; params: Promise<{ lang: string }> }) {
  const language = (await params).lang as Language;
  return (
    <html lang={language} dir={direction(language)}>
      <body>
        <Texts language={language} t={messages(language)}>
          {children}
        </Texts>
      </body>
    </html>
  );
}
