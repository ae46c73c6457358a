// Formats the content of a token for display.
import type { Texts } from "../texts/en";

export interface Row {
  label: string;
  value: string;
}

export interface Group {
  title: string;
  rows: Row[];
}

/** Returns estimations as titled groups in the server's order; single values form a first group without a title. */
export function describe(estimations: Record<string, unknown>, texts: Texts): Group[] {
  const loose: Group = { title: "", rows: [] };
  const groups: Group[] = [];
  for (const [name, value] of Object.entries(estimations)) {
    if (isObject(value)) {
      const rows = Object.entries(value).map(([part, inner]) => row(`${name}.${part}`, inner, texts));
      groups.push({ title: texts.estimations[name] ?? name, rows });
    } else {
      loose.rows.push(row(name, value, texts));
    }
  }
  return loose.rows.length > 0 ? [loose, ...groups] : groups;
}

function row(path: string, value: unknown, texts: Texts): Row {
  return { label: texts.estimations[path] ?? path, value: format(path, value, texts) };
}

function format(path: string, value: unknown, texts: Texts): string {
  if (value === null || value === undefined) return texts.values.absent;
  if (typeof value === "boolean") return value ? texts.values.yes : texts.values.no;
  if (typeof value === "number") return path.startsWith("headPose.") ? `${trim(value, 1)}°` : trim(value, 3);
  if (Array.isArray(value)) return value.map((item) => format(path, item, texts)).join(", ");
  if (isObject(value)) return formatObject(path, value, texts);
  return texts.states[String(value)] ?? String(value);
}

function formatObject(path: string, value: Record<string, unknown>, texts: Texts): string {
  const { x, y, width, height } = value;
  if (typeof width === "number" && typeof height === "number") {
    const size = `${trim(width, 0)} × ${trim(height, 0)} px`;
    return x || y ? texts.values.place.replace("{size}", size).replace("{at}", `${trim(Number(x), 0)}, ${trim(Number(y), 0)}`) : size;
  }
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${format(path, inner, texts)}`)
    .join(", ");
}

const trim = (value: number, digits: number): string => String(Number(value.toFixed(digits)));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
