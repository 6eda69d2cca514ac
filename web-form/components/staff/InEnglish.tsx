import type { ReactNode } from "react";
import { desk } from "@/lib/i18n/desk/en";
import { Spoken } from "./Speech";

/** What tests of the desk's components are drawn in. */
export const InEnglish = ({ children }: { children: ReactNode }) => (
  <Spoken language="en" t={desk}>
    {children}
  </Spoken>
);
