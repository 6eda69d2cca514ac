"use client";

import type { FileRules } from "./files";

/** What the pages know of the company. The product writes it into each page that it serves. */
export interface Company {
  name: string;
  signature: string;
  supportAddress: string;
  helpUrl: string;
  /** The files that a message may have. */
  files: FileRules;
}

// The build knows no company: these stand in the exported HTML, and the product replaces them when it starts.
const PLACES: Company = {
  name: "__COMPANY_NAME__",
  signature: "__COMPANY_SIGNATURE__",
  supportAddress: "__COMPANY_SUPPORT_ADDRESS__",
  helpUrl: "",
  files: { most: 0, largest: 0, endings: [] },
};

let known: Company | null = null;

/** Return the company's facts; call it in client components only, so that the browser's values match the HTML. */
export function company(): Company {
  if (typeof document === "undefined") return PLACES;
  known ??= { ...PLACES, ...JSON.parse(document.getElementById("company")?.textContent ?? "{}") };
  return known as Company;
}
