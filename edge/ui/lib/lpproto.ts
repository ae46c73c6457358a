// The client side of LPProto: a command line, `name:value` headers, an empty line, a body. Each message is one WebSocket
// message, text or binary.

/** The protocol version sent in CONNECT. */
export const VERSION = "1.0";

export const COMMANDS = ["CONNECT", "CONNECTED", "FRAME", "STATS", "SUCCESS", "ERROR", "HEARTBEAT"] as const;
export type Command = (typeof COMMANDS)[number];

/** One parsed message. Header names are lower-case; the body is UTF-8 text (servers send no images). */
export interface Message {
  command: Command;
  headers: Map<string, string>;
  body: string;
}

/** A message that does not follow LPProto. */
export class ProtocolError extends Error {
  override name = "ProtocolError";
}

export interface ConnectOptions {
  /** Milliseconds between the server's HEARTBEAT messages, 100..60000. */
  heartbeat?: number;
  /** The ID of a session to resume, or of one created in advance. */
  sessionId?: string;
  /** The token of a session created in advance. */
  token?: string;
  /** The secret that resumes a session that was opened without a token. */
  resumeSecret?: string;
  /** The camera's label. */
  device?: string;
  /** The camera's settings and capabilities, as a JSON object. */
  capabilities?: string;
  /** The client's platform. */
  platform?: string;
}

// Servers keep values of this length, and all headers fit in a message.
const MAX_NAME = 256;
const MAX_CAPABILITIES = 2048;

export function encodeConnect({ heartbeat, sessionId, token, resumeSecret, device, capabilities, platform }: ConnectOptions): string {
  let text = `CONNECT\nversion:${VERSION}\n`;
  const add = (name: string, value: string | undefined, most = Infinity) => {
    const line = (value ?? "")
      .replace(/[\u0000-\u001f\u007f]/g, " ")
      .slice(0, most)
      .trim();
    if (line) text += `${name}:${line}\n`;
  };
  if (heartbeat !== undefined) text += `heartbeat:${heartbeat}\n`;
  add("session-id", sessionId);
  add("token", token);
  add("resume-secret", resumeSecret);
  add("device", device, MAX_NAME);
  if (capabilities && capabilities.length <= MAX_CAPABILITIES) add("capabilities", capabilities);
  add("platform", platform, MAX_NAME);
  return text + "\n";
}

/** Encodes a binary FRAME: the header block followed by the image bytes. */
export function encodeFrame(contentType: string, image: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(`FRAME\ncontent-type:${contentType}\n\n`);
  const message = new Uint8Array(head.length + image.length);
  message.set(head);
  message.set(image, head.length);
  return message;
}

/** Parses a server message. Accepts `\r\n`, spaces around values, header names in any case and one trailing NUL. */
export function parse(data: string | ArrayBuffer): Message {
  const text = (typeof data === "string" ? data : new TextDecoder().decode(data)).replace(/\0$/, "");
  const headers = new Map<string, string>();
  let at = 0;
  let command = "";
  while (at < text.length) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? text.length : end).replace(/\r$/, "");
    at = end < 0 ? text.length : end + 1;
    if (!command) {
      command = line;
      continue;
    }
    if (line === "") break;
    const colon = line.indexOf(":");
    if (colon < 1) throw new ProtocolError(`header line without a name: "${line.slice(0, 40)}"`);
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  if (!COMMANDS.includes(command as Command)) throw new ProtocolError(`unknown command "${command.slice(0, 40)}"`);
  return { command: command as Command, headers, body: text.slice(at) };
}

/** The body of STATS, which is also part of a SUCCESS token. */
export interface Stats {
  isOk: boolean;
  /** Check codes, in the order the checks ran. */
  errors: number[];
  /** Measurements; production servers send only the face position. */
  estimations: Record<string, unknown>;
  /** The progress of the requested actions. Absent without actions, without a face, and from servers that do not tell it. */
  activeLiveness?: ActiveLiveness;
  /** What the page has to show until the next reply, in a check that lights the face with colours. */
  display?: Display;
}

/** A colour that the whole page has to show at once, except for the picture and the text. */
export interface Display {
  /** In the form #rrggbb. */
  colour: string;
}

/** The progress of active liveness after a frame. */
export interface ActiveLiveness {
  /** The current step, from 1, of all `steps`. */
  step: number;
  steps: number;
  /** The requested action as in the settings, such as `blink` or `yaw_left`; "" when all are done. */
  action: string;
  /** Waits for the rest before the action, for the action, or for the rest after it. */
  state: "rest" | "act" | "return" | "done";
  /** Milliseconds until the action counts as not done; absent without a limit. */
  remainingMs?: number;
  /** The number of failed tries in this session so far. */
  failedSteps: number;
  /** Why a try failed with this frame; `action` is then already the next one. */
  failure?: string;
}

/** How a check of a session that passed ended, and what made it. */
export interface Check {
  /** `failed`: the settings ask only to record it. */
  result: "passed" | "failed" | "not_checked";
  /** Name and version of the model pack. */
  pack?: string;
  digest?: string;
  score?: number;
  signals?: string[];
  actions?: string[];
}

/** Payload of a SUCCESS token. */
export interface Result extends Stats {
  /** The session ID. */
  jti: string;
  /** Issued at, Unix seconds. */
  iat: number;
  /** The best frame, base64 JPEG; empty if the settings leave it out. */
  bestshot: string;
  /** What was checked and what was not, by the name of the check. */
  checks: Record<string, Check>;
}

export function parseStats(body: string): Stats {
  return stats(json(body, "STATS body"), "STATS body");
}

/** Decodes a token's payload without verifying the signature: the service that relies on the token verifies it with the key. */
export function decodeToken(jwt: string): Result {
  const payload = jwt.trim().split(".")[1];
  if (!payload) throw new ProtocolError("SUCCESS body is not a JWT");
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.from(atob(payload.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  } catch {
    throw new ProtocolError("token payload is not base64");
  }
  const value = json(new TextDecoder().decode(bytes), "token payload");
  return {
    ...stats(value, "token payload"),
    jti: typeof value.jti === "string" ? value.jti : "",
    iat: typeof value.iat === "number" ? value.iat : 0,
    bestshot: typeof value.bestshot === "string" ? value.bestshot : "",
    checks: typeof value.checks === "object" && value.checks !== null ? (value.checks as Record<string, Check>) : {},
  };
}

function json(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError(`${what} is not JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ProtocolError(`${what} is not an object`);
  return value as Record<string, unknown>;
}

function stats(value: Record<string, unknown>, what: string): Stats {
  const errors = value.errors ?? [];
  if (!Array.isArray(errors) || errors.some((code) => !Number.isInteger(code))) {
    throw new ProtocolError(`${what}: errors is not a list of integers`);
  }
  const estimations = value.estimations;
  const progress = activeLiveness(value.activeLiveness);
  const { colour } = (value.display ?? {}) as Record<string, unknown>;
  return {
    isOk: value.isOk === true,
    errors: errors as number[],
    estimations: typeof estimations === "object" && estimations !== null ? (estimations as Record<string, unknown>) : {},
    ...(progress && { activeLiveness: progress }),
    ...(typeof colour === "string" && /^#[0-9a-f]{6}$/i.test(colour) && { display: { colour } }),
  };
}

const STATES: readonly unknown[] = ["rest", "act", "return", "done"] satisfies ActiveLiveness["state"][];
const MAX_STEPS = 100; // a page lists them

/** Returns the progress, or undefined if it is absent or cannot be shown: a check goes on without it. */
function activeLiveness(value: unknown): ActiveLiveness | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { step, steps, action, state, remainingMs, failedSteps, failure } = value as Record<string, unknown>;
  if (!whole(step) || !whole(steps) || step < 1 || step > steps || steps > MAX_STEPS || !STATES.includes(state)) return undefined;
  return {
    step,
    steps,
    action: typeof action === "string" ? action : "",
    state: state as ActiveLiveness["state"],
    failedSteps: whole(failedSteps) ? failedSteps : 0,
    ...(typeof remainingMs === "number" && remainingMs > 0 && { remainingMs }),
    ...(typeof failure === "string" && failure !== "" && { failure }),
  };
}

const whole = (value: unknown): value is number => Number.isInteger(value);
