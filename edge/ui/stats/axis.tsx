// Shared parts of the charts: size, axes, labels.
import { useEffect, useRef, useState } from "preact/hooks";
import { number } from "../admin/format";
import { lang } from "../admin/language";
import type { Statistics } from "../admin/rest";

export const [LEFT, RIGHT, TOP, BOTTOM] = [48, 8, 10, 26];

/** Returns a ref and the width of its element in CSS pixels, so that text in a chart keeps its size. */
export function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(Math.max(240, Math.floor(element.clientWidth))));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return { ref, width };
}

/** Returns the ticks of an axis from 0 to at least `most`: at most five steps of 1, 2 or 5 times a power of ten. */
export function ticks(most: number, whole = false): number[] {
  const rough = Math.max(most, whole ? 1 : 1e-6) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = ([1, 2, 5, 10].find((n) => n * power >= rough * 0.999) ?? 10) * power;
  if (whole) step = Math.max(1, Math.round(step));
  const count = Math.max(1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, n) => n * step);
}

/** Formats the time of a step. Days are in UTC, hours in local time. */
export function timeOf(at: string, step: Statistics["step"], long = false): string {
  const time = new Date(at);
  if (step === "day")
    return time.toLocaleDateString(lang, { day: "numeric", month: "short", ...(long && { year: "numeric" }), timeZone: "UTC" });
  return time.toLocaleString(lang, {
    hour: "2-digit",
    minute: "2-digit",
    ...((long || time.getHours() === 0) && { day: "numeric", month: "short" }),
  });
}

export function Axes({
  width,
  height,
  values,
  series,
  step,
  x,
}: {
  width: number;
  height: number;
  values: number[];
  series: { at: string }[];
  step: Statistics["step"];
  x: (n: number) => number;
}) {
  const most = values.at(-1) ?? 1;
  const y = (value: number) => height - BOTTOM - (value / most) * (height - TOP - BOTTOM);
  const every = Math.ceil((series.length * (step === "day" ? 64 : 84)) / Math.max(1, width - LEFT - RIGHT));
  const digits = most < 4 && values.some((value) => value % 1 !== 0) ? (most < 0.4 ? 2 : 1) : 0;
  return (
    <>
      {values.map((value) => (
        <g key={value}>
          <line class="grid" x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} />
          <text x={LEFT - 6} y={y(value) + 4} text-anchor="end">
            {number(value, digits)}
          </text>
        </g>
      ))}
      {series.map(
        ({ at }, n) =>
          (series.length - 1 - n) % every === 0 &&
          x(n) > LEFT + 16 && (
            <text key={at} x={Math.min(x(n), width - 24)} y={height - 6} text-anchor="middle">
              {timeOf(at, step)}
            </text>
          ),
      )}
    </>
  );
}
