import { lang, t } from "./language";

export const number = (value: number, digits = 0): string =>
  value.toLocaleString(lang, { maximumFractionDigits: digits, minimumFractionDigits: digits });

export const dateTime = (at: string | number): string => new Date(at).toLocaleString(lang, { dateStyle: "medium", timeStyle: "medium" });

export const seconds = (value: number): string =>
  value < 60
    ? `${number(value, value < 10 ? 1 : 0)} ${t.unit.seconds}`
    : `${number(Math.floor(value / 60))} ${t.unit.minutes} ${number(Math.round(value % 60))} ${t.unit.seconds}`;

export const bytes = (value: number): string => (value < 1e6 ? `${number(value / 1000, 1)} kB` : `${number(value / 1e6, 1)} MB`);

/** Converts Unix nanoseconds, which exceed the precision of a number, to milliseconds. */
export const fromNanos = (nanos: string | undefined): number => (nanos ? Number(nanos.slice(0, -6) || 0) : 0);

/** Replaces each {name} in a text with its value. */
export const fill = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

/** Returns a short form of a setting's value. */
export function value(of: unknown): string {
  if (of === undefined) return "—";
  const text = typeof of === "string" ? (of === "" ? "“”" : of) : (JSON.stringify(of) ?? "");
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}
