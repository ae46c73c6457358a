// Every way a check can fail, with a name that programs can ask for.
import type { CloseCode, SystemCode } from "./codes";

/**
 * What went wrong:
 * - camera: `cameraRefused`, `cameraAbsent`, `cameraBusy`, `cameraInsecure` (no HTTPS), `cameraStopped` (unplugged, taken
 *   away), `cameraTimeout` (nobody answered the browser's question)
 * - connection: `unreachable`, `lost` (also after all tries to take the session up again), `noReply`, `busy`, `outdated` (page
 *   and server do not understand each other)
 * - the check itself: `attempts`, `livenessAttempts`, `differentFace`, `fake`, `timeout`, `picture` (the server cannot use
 *   the pictures), `session` (its id or token cannot be used)
 * - `cancelled` by this side, `internal` for what is nobody's fault here
 */
export const FAILURES = [
  "cameraRefused",
  "cameraAbsent",
  "cameraBusy",
  "cameraInsecure",
  "cameraStopped",
  "cameraTimeout",
  "unreachable",
  "lost",
  "noReply",
  "busy",
  "outdated",
  "attempts",
  "livenessAttempts",
  "differentFace",
  "fake",
  "timeout",
  "picture",
  "session",
  "cancelled",
  "internal",
] as const;

export type FailureName = (typeof FAILURES)[number];

/** Why a check did not pass. */
export class PassError extends Error {
  override readonly name = "PassError";

  constructor(
    /** What went wrong; texts and programs go by it. */
    readonly failure: FailureName,
    /** A short reference for whoever is asked for help: an ERROR number, a close code, what the browser said. */
    readonly detail: string = "",
    options?: ErrorOptions,
  ) {
    super(detail ? `${failure}: ${detail}` : failure, options);
  }

  /** The session it happened in, "" before there was one. */
  sessionId = "";
}

/** The failure behind an ERROR message of the server. */
export function errorFailure(code: number): PassError {
  return new PassError(BY_ERROR[code] ?? "internal", `ERROR ${code}`);
}

/** The failure behind a close of the socket by the server. */
export function closeFailure(code: number, reason: string): PassError {
  return new PassError(BY_CLOSE[code] ?? "internal", `close ${code}${reason ? ` ${reason}` : ""}`);
}

/** Anything thrown, as a PassError. */
export function asPassError(error: unknown): PassError {
  if (error instanceof PassError) return error;
  return new PassError("internal", error instanceof Error ? error.message : String(error), { cause: error });
}

/** What an aborted signal stands for. */
export const cancelled = (signal?: AbortSignal): PassError => new PassError("cancelled", "", { cause: signal?.reason });

const BY_CLOSE: Readonly<Record<number, FailureName>> = {
  // 1000, 1001, 1005, 1006, 1012, 1013: a connection or a server went away, and nothing was judged. A success is told before 1000.
  1000: "lost",
  1001: "lost",
  1002: "outdated",
  1005: "lost",
  1006: "lost",
  1008: "outdated",
  1009: "picture",
  1011: "internal",
  1012: "lost",
  1013: "lost",
  4001: "attempts",
  4002: "livenessAttempts",
  4003: "differentFace",
  4004: "fake",
  4008: "timeout",
} satisfies Record<CloseCode | 1001 | 1005 | 1006 | 1008 | 1013, FailureName>;

const BY_ERROR: Readonly<Record<number, FailureName>> = {
  1000: "internal",
  1001: "outdated",
  1002: "picture",
  1003: "picture",
  1004: "outdated",
  1005: "outdated",
  1006: "internal",
  1007: "session",
  1008: "picture",
  1009: "busy",
} satisfies Record<SystemCode, FailureName>;
