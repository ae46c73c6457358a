// The ways in which a check can fail.
import type { CloseCode, SystemCode } from "./codes";

/**
 * What went wrong:
 * - camera: `cameraRefused` (by the person or the settings of the browser), `cameraBlocked` (by the system, or an administrator),
 *   `cameraEmbedded` (the embedding page does not pass it on), `cameraAbsent`, `cameraUnsuitable` (none is as the constraints ask),
 *   `cameraBusy`, `cameraInsecure` (no HTTPS), `cameraUnsupported` (the browser has no cameras for pages, as many in apps),
 *   `cameraTap` (the browser shows the picture only after a tap, and there was none), `cameraStopped` (unplugged, taken away, no
 *   new pictures), `cameraBlack` (covered or switched off), `cameraTimeout` (the browser's request was not answered)
 * - connection: `unreachable`, `lost` (also after all attempts to resume the session), `noReply`, `busy`, `outdated` (page
 *   and server are incompatible)
 * - the check itself: `attempts`, `livenessAttempts`, `actionsFailed`, `differentFace`, `fake`, `tookTooLong` (the session's
 *   time limit), `timeout` (nothing was sent for too long), `notMeasured` (the server could not measure what it has to),
 *   `picture` (the server cannot use the pictures), `session` (its ID or token cannot be used), `lockedOut` (too many checks of
 *   this person or address failed), `colours` (the check lights the face with colours, which the user's system does not allow)
 * - `cancelled` by the client, `internal` for anything else
 */
export const FAILURES = [
  "cameraRefused",
  "cameraBlocked",
  "cameraEmbedded",
  "cameraAbsent",
  "cameraUnsuitable",
  "cameraBusy",
  "cameraInsecure",
  "cameraUnsupported",
  "cameraTap",
  "cameraStopped",
  "cameraBlack",
  "cameraTimeout",
  "unreachable",
  "lost",
  "noReply",
  "busy",
  "outdated",
  "attempts",
  "livenessAttempts",
  "actionsFailed",
  "differentFace",
  "fake",
  "tookTooLong",
  "timeout",
  "notMeasured",
  "picture",
  "session",
  "lockedOut",
  "colours",
  "cancelled",
  "internal",
] as const;

export type FailureName = (typeof FAILURES)[number];

/** Why a check did not pass. */
export class PassError extends Error {
  override readonly name = "PassError";

  constructor(
    /** What went wrong, for texts and programs. */
    readonly failure: FailureName,
    /** A short reference for support: an ERROR number, a close code, or the browser's message. */
    readonly detail: string = "",
    options?: ErrorOptions,
  ) {
    super(detail ? `${failure}: ${detail}` : failure, options);
  }

  /** The ID of the session, "" before there was one. */
  sessionId = "";
}

/** Returns the failure for an ERROR message of the server. */
export function errorFailure(code: number): PassError {
  return new PassError(BY_ERROR[code] ?? "internal", `ERROR ${code}`);
}

/** Returns the failure for a socket closed by the server. */
export function closeFailure(code: number, reason: string): PassError {
  return new PassError(BY_CLOSE[code] ?? "internal", `close ${code}${reason ? ` ${reason}` : ""}`);
}

/** Converts anything thrown to a PassError. */
export function asPassError(error: unknown): PassError {
  if (error instanceof PassError) return error;
  return new PassError("internal", error instanceof Error ? error.message : String(error), { cause: error });
}

/** Returns the failure for an aborted signal. */
export const cancelled = (signal?: AbortSignal): PassError => new PassError("cancelled", "", { cause: signal?.reason });

const BY_CLOSE: Readonly<Record<number, FailureName>> = {
  // 1000, 1001, 1005, 1006, 1012, 1013: the connection or the server went away without a decision. A success is sent before 1000.
  1000: "lost",
  1001: "lost",
  1002: "outdated",
  1005: "lost",
  1006: "lost",
  1008: "lost",
  1009: "picture",
  1011: "internal",
  1012: "lost",
  1013: "lost",
  4001: "attempts",
  4002: "livenessAttempts",
  4003: "differentFace",
  4004: "fake",
  4005: "actionsFailed",
  4006: "tookTooLong",
  4007: "notMeasured",
  4008: "timeout",
  4009: "lockedOut",
} satisfies Record<CloseCode | 1001 | 1005 | 1006 | 1008 | 1013 | 4009, FailureName>;

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
  1010: "lockedOut",
  1011: "picture",
  1012: "busy",
  1013: "session",
} satisfies Record<SystemCode | 1010, FailureName>;
