// For server components only: a client component that imported this would carry every language.
import { ar } from "./ar";
import { de } from "./de";
import { en, type Messages } from "./en";
import { es } from "./es";
import { fr } from "./fr";
import type { Language } from "./names";

const ALL: Record<Language, Messages> = { en, de, fr, es, ar };

export const messages = (language: Language): Messages => ALL[language];
