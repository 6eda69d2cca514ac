"use client";

import { useRef } from "react";
import { company } from "@/lib/company";
import { fileNumbers } from "@/lib/files";
import { fill } from "@/lib/i18n/fill";
import { buttonLook } from "./Button";
import { useTexts } from "./Texts";
import { useInBrowser } from "./useInBrowser";

interface Props {
  id: string;
  files: File[];
  error: string;
  onChange: (files: File[]) => void;
  readOnly: boolean;
}

/** Files to go with a message: chosen one after the other or together, each with a button that takes it off again. */
export function FileField({ id, files, error, onChange, readOnly }: Props) {
  const { t, language } = useTexts();
  const control = useRef<HTMLInputElement>(null);
  // What is taken stands in the page as it is served, not as it was built.
  const inBrowser = useInBrowser();
  const rules = company().files;
  if (!inBrowser || rules.most === 0) return null;

  function takeOff(file: File) {
    onChange(files.filter((one) => one !== file));
    control.current?.focus();
  }

  return (
    <div className="mb-5 min-w-0">
      <label
        htmlFor={id}
        className={`${buttonLook("quiet")} cursor-pointer has-[:focus-visible]:outline-3 has-[:disabled]:cursor-progress has-[:disabled]:opacity-75`}
      >
        <input
          ref={control}
          id={id}
          name={id}
          type="file"
          multiple
          accept={rules.endings.map((ending) => `.${ending}`).join(",")}
          disabled={readOnly}
          aria-invalid={error !== ""}
          aria-describedby={`${id}-hint ${id}-error`}
          className="sr-only"
          onChange={(event) => {
            onChange([...files, ...(event.target.files ?? [])]);
            event.target.value = ""; // so that the same file can be chosen again
          }}
        />
        {t.files.add}
        <span className="text-sm font-normal text-soft">{t.optional}</span>
      </label>
      <p id={`${id}-hint`} className="mt-1.5 text-sm text-soft">
        {fill(t.files.hint, fileNumbers(rules))}
      </p>
      {files.length > 0 && (
        <ul aria-label={t.files.chosen} className="mt-2 grid gap-2">
          {files.map((file, at) => (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: two files may have one name
              key={`${file.name} ${at}`}
              className="flex min-w-0 items-center justify-between gap-3 rounded-lg border border-edge px-3 py-1.5"
            >
              <bdi className="min-w-0 break-all">{file.name}</bdi>
              <span className="flex shrink-0 items-center gap-2 text-sm text-soft">
                {size(file.size, language)}
                <button
                  type="button"
                  disabled={readOnly}
                  aria-label={fill(t.files.takeOff, { name: file.name })}
                  onClick={() => takeOff(file)}
                  className="flex size-11 items-center justify-center rounded-lg text-xl hover:bg-tint"
                >
                  ×
                </button>
              </span>
            </li>
          ))}
        </ul>
      )}
      <p id={`${id}-error`} aria-live="polite" className="mt-1.5 text-sm font-medium text-bad empty:hidden">
        {error}
      </p>
    </div>
  );
}

/** A size in the reader's spelling: "340 kB", "1.2 MB". */
function size(bytes: number, language: string): string {
  const [unit, number] =
    bytes < 1_000_000 ? (["kilobyte", bytes / 1_000] as const) : (["megabyte", bytes / 1_000_000] as const);
  const style = { style: "unit", unit, maximumFractionDigits: number < 10 ? 1 : 0 } as const;
  return new Intl.NumberFormat(language, style).format(number);
}
