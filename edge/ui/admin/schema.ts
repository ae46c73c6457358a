// The subset of JSON Schema that the settings use, and what the form needs from it.
import { fill } from "./format";
import { t } from "./language";
import type { Document } from "./rest";

export interface Schema {
  type: string | string[];
  title?: string;
  description?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  not?: { const: number };
  pattern?: string;
  format?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  uniqueItems?: boolean;
  default?: unknown;
}

export const typeOf = (schema: Schema): string => (Array.isArray(schema.type) ? (schema.type[0] ?? "string") : schema.type);
export const nullable = (schema: Schema): boolean => Array.isArray(schema.type) && schema.type.includes("null");

/** Returns what is wrong with a value, or undefined. */
export function check(schema: Schema, value: unknown): string | undefined {
  const type = typeOf(schema);
  const errors = t.settings.errors;
  if (value === null) return nullable(schema) ? undefined : errors.required;
  if (type === "number" || type === "integer") {
    if (typeof value !== "number" || !Number.isFinite(value)) return value === "" ? errors.required : errors.number;
    if (type === "integer" && !Number.isInteger(value)) return errors.integer;
    const { minimum: min = -Infinity, maximum: max = Infinity } = schema;
    if (value < min || value > max) return fill(errors.range, { min, max });
    return schema.not?.const === value ? fill(errors.not, { value }) : undefined;
  }
  if (type === "string" && typeof value === "string" && schema.pattern && !new RegExp(schema.pattern, "u").test(value))
    return value === "" ? errors.required : errors.pattern;
  if (type === "array" && Array.isArray(value) && schema.uniqueItems && new Set(value).size < value.length) return errors.unique;
  return undefined;
}

/** Returns the errors of all values below a schema, by dotted path. */
export function checkAll(schema: Schema, value: unknown, path = ""): Record<string, string> {
  const join = (key: string | number) => (path ? `${path}.${key}` : String(key));
  if (schema.properties) {
    return Object.assign(
      {},
      ...Object.entries(schema.properties).map(([key, child]) => checkAll(child, (value as Document | undefined)?.[key], join(key))),
    ) as Record<string, string>;
  }
  const wrong = check(schema, value);
  const own: Record<string, string> = wrong ? { [path]: wrong } : {};
  if (Array.isArray(value) && schema.items?.properties)
    value.forEach((item, n) => Object.assign(own, checkAll(schema.items as Schema, item, join(n))));
  return own;
}

/** Returns a document completed with the defaults of everything it leaves out. */
export function complete(schema: Schema, given: unknown): unknown {
  if (!schema.properties)
    return given === undefined || (given === null && !nullable(schema))
      ? structuredClone(schema.default ?? (nullable(schema) ? null : undefined))
      : given;
  const from = (typeof given === "object" && given !== null ? given : {}) as Document;
  const out: Document = {};
  for (const [key, child] of Object.entries(schema.properties)) out[key] = complete(child, from[key]);
  for (const key of Object.keys(from)) if (!(key in schema.properties)) out[key] = from[key]; // the server refuses unknown settings
  return out;
}

/** Returns the value at a dotted path. */
export function read(document: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((at, key) => (at as Document | undefined)?.[key], document);
}

/** Returns a copy of the document with another value at a path. */
export function write<T>(document: T, path: string, value: unknown): T {
  const [key = "", ...rest] = path.split(".");
  const copy = (Array.isArray(document) ? [...(document as unknown[])] : { ...document }) as Document;
  copy[key] = rest.length ? write(copy[key], rest.join("."), value) : value;
  return copy as T;
}

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Lists the paths at which two documents differ. */
export function changes(schema: Schema, from: unknown, to: unknown, path = ""): string[] {
  if (!schema.properties) return same(from, to) ? [] : [path];
  const keys = new Set([...Object.keys(schema.properties), ...Object.keys((to ?? {}) as Document)]);
  return [...keys].flatMap((key) => {
    const child = schema.properties?.[key];
    const [a, b] = [(from as Document | undefined)?.[key], (to as Document | undefined)?.[key]];
    const place = path ? `${path}.${key}` : key;
    return child ? changes(child, a, b, place) : same(a, b) ? [] : [place];
  });
}
