// The REST interface, as edge/api/openapi.yaml describes it. The page is one folder below it.
import type { ProblemDetails } from "./rest";

const root = new URL("..", document.baseURI);

/** The absolute address of a path below the installation, for src and href. */
export const address = (path: string): string => new URL(path, root).href;

/** What the server, or the way to it, refused. */
export class Problem extends Error {
  constructor(
    /** HTTP status, 0 when there was no answer. */
    readonly status: number,
    detail: string,
    /** Path of the setting or field that is wrong. */
    readonly setting?: string,
  ) {
    super(detail);
  }
}

let csrf = "";

/** The value that repeats the log-in on every request that changes something. */
export function rememberCSRF(value: string): void {
  csrf = value;
}

/** Told when the server no longer knows who we are. */
export const loggedOut = new EventTarget();

export interface Call {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Asks the server. T is what it answers, undefined for 204; throws a Problem for any other end. */
export async function call<T>(method: string, path: string, { body, headers, signal }: Call = {}): Promise<T> {
  let answer: Response;
  const given: Record<string, string> = { ...headers };
  if (method !== "GET") given["X-CSRF-Token"] = csrf;
  if (body !== undefined) given["Content-Type"] = "application/json";
  try {
    answer = await fetch(address(path), {
      method,
      headers: given,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "");
  }
  if (answer.status === 204) return undefined as T;
  const read: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return read as T;
  const { detail, title, setting } = (read ?? {}) as Partial<ProblemDetails>;
  if (answer.status === 401 && path !== "v1/login" && path !== "v1/me") loggedOut.dispatchEvent(new Event("out"));
  const told = detail || title || answer.statusText || `HTTP ${answer.status}`;
  throw new Problem(answer.status, setting ? (told.split(`${setting}: `).at(-1) ?? told) : told, setting);
}
