import { useState } from "react";
import type { ApiError } from "@/lib/api";
import { company } from "@/lib/company";
import { checkFiles, fileSentence, refusedFile } from "@/lib/files";
import { useTexts } from "./Texts";

/** The files of a message, and what is wrong with them. */
export function useFiles() {
  const { t } = useTexts();
  const [files, setFiles] = useState<File[]>([]);
  const [error, setError] = useState("");

  function choose(chosen: File[]): void {
    const { files: rules } = company();
    const problem = checkFiles(chosen, rules);
    setFiles(chosen);
    setError(problem ? fileSentence(problem, rules, t) : "");
  }

  /** Show what the product found wrong with the files; false when it was something else. */
  function refused(failure: ApiError): boolean {
    const problem = refusedFile(failure);
    if (problem) setError(fileSentence(problem, company().files, t));
    return problem !== null;
  }

  return { files, error, choose, refused };
}
