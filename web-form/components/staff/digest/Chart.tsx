"use client";

import { BarController, BarElement, CategoryScale, Chart as Drawn, Legend, LinearScale, Tooltip } from "chart.js";
import { useCallback, useEffect, useRef } from "react";
import { fill } from "@/lib/i18n/fill";
import { direction, type Language } from "@/lib/i18n/names";
import { useSpeech } from "../Speech";

Drawn.register(BarController, BarElement, CategoryScale, Legend, LinearScale, Tooltip);

export interface Series {
  name: string;
  /** A colour of the page, such as "--accent". */
  colour: string;
  values: (number | null)[];
}
interface Props {
  title: string;
  labels: string[];
  series: Series[];
  unit?: string;
  /** Bars one upon the other. */
  stacked?: boolean;
  /** Bars lie, for long labels. */
  lying?: boolean;
}

/** A bar chart with the same figures in a table behind it. */
export function Chart({ title, labels, series, unit = "", stacked = false, lying = false }: Props) {
  const { t, number, locale, language } = useSpeech();
  const canvas = useRef<HTMLCanvasElement>(null);
  const told = JSON.stringify({ labels, series, stacked, lying });
  const shown = useCallback(
    (value: number | null | undefined) =>
      value === null || value === undefined ? "–" : `${number(value)}${unit && ` ${unit}`}`,
    [number, unit],
  );
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const { labels, series, stacked, lying }: Required<Omit<Props, "title" | "unit">> = JSON.parse(told);
    const rtl = direction(language as Language) === "rtl";
    const dark = matchMedia("(prefers-color-scheme: dark)");
    let chart: Drawn | null = null;
    const draw = () => {
      const style = getComputedStyle(document.documentElement);
      const colour = (name: string) => style.getPropertyValue(name).trim();
      const axis = { ticks: { color: colour("--soft"), precision: 0 }, grid: { color: colour("--edge") }, stacked };
      chart?.destroy();
      chart = new Drawn(element, {
        type: "bar",
        data: {
          labels,
          datasets: series.map((one) => ({
            label: one.name,
            data: one.values,
            backgroundColor: colour(one.colour),
            borderRadius: 4,
            maxBarThickness: 32,
          })),
        },
        options: {
          indexAxis: lying ? "y" : "x",
          animation: false,
          maintainAspectRatio: false,
          locale,
          scales: {
            x: { ...axis, beginAtZero: true, reverse: rtl },
            y: { ...axis, beginAtZero: true, position: rtl ? "right" : "left" },
          },
          plugins: {
            legend: { rtl, display: series.length > 1, labels: { color: colour("--text"), boxWidth: 12 } },
            tooltip: { rtl, callbacks: { label: ({ dataset, raw }) => `${dataset.label}: ${shown(raw as number)}` } },
          },
        },
      });
    };
    draw();
    dark.addEventListener("change", draw);
    return () => {
      dark.removeEventListener("change", draw);
      chart?.destroy();
    };
  }, [told, shown, locale, language]);
  return (
    <figure className="min-w-0 rounded-2xl border border-edge bg-card p-4">
      <figcaption className="mb-2 font-semibold">{title}</figcaption>
      <div className={`relative ${lying ? "h-64" : "h-52"}`}>
        <canvas ref={canvas} role="img" aria-label={fill(t.digest.chart, { title })} />
      </div>
      <details className="mt-2 text-sm">
        <summary className="text-soft">{t.digest.table}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <section tabIndex={0} aria-label={title} className="mt-2 overflow-x-auto">
          <table className="w-full">
            <thead>
              <tr className="text-soft">
                <td />
                {series.map(({ name }) => (
                  <th key={name} scope="col" className="px-2 text-end font-normal">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {labels.map((label, row) => (
                <tr key={label} className="border-t border-edge">
                  <th scope="row" className="text-start font-normal">
                    {label}
                  </th>
                  {series.map(({ name, values }) => (
                    <td key={name} className="px-2 text-end tabular-nums">
                      {shown(values[row])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  );
}
