// For server components only: a client component that imported this would carry every language.
import type { Language } from "../names";
import { desk as ar } from "./ar";
import { desk as de } from "./de";
import { type DeskMessages, desk as en } from "./en";
import { desk as es } from "./es";
import { desk as fr } from "./fr";

const ALL: Record<Language, DeskMessages> = { en, de, fr, es, ar };

export const deskMessages = (language: Language): DeskMessages => ALL[language];
