// Requests to the REST interface. The page is served one folder below it.
import type { ProblemDetails } from "./rest";

const root = new URL("..", document.baseURI);

/** Returns the absolute address of a path below the installation, for src and href. */
export const address = (path: string): string => new URL(path, root).href;

/** An unsuccessful request. The message is for people; it is empty when there was no answer. */
export class Problem extends Error {
  constructor(
    /** HTTP status, 0 when there was no answer. */
    readonly status: number,
    message: string,
    /** The wrong values of the body, by dotted path; an empty path stands for the body as a whole. */
    readonly errors: NonNullable<ProblemDetails["errors"]> = [],
  ) {
    super(message);
  }
}

let csrf = "";

/** Sets the value that every changing request must repeat. */
export function rememberCSRF(value: string): void {
  csrf = value;
}

/** Emits "out" when the server no longer accepts the login. */
export const loggedOut = new EventTarget();

export interface Call {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Sends a request and returns the JSON of the answer, undefined for 204. Throws a Problem if it did not succeed. */
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
  const { detail, title, errors = [] } = (read ?? {}) as Partial<ProblemDetails>;
  if (answer.status === 401 && path !== "v1/login" && path !== "v1/me") loggedOut.dispatchEvent(new Event("out"));
  const wrong = errors.map(({ path, detail }) => (path ? `${path}: ${detail}` : detail)).join("; ");
  throw new Problem(answer.status, wrong || detail || title || answer.statusText || `HTTP ${answer.status}`, errors);
}
