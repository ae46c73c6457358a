// How often to send frames.
import type { Stats } from "./lpproto";

/** Milliseconds between frames: an action has to be seen under way, and a check should end soon. */
const QUICK = 100;
/** Milliseconds after a frame that counts as an attempt: a person needs time to correct something. */
const SLOW = 300;

/** Codes of frames that only wait for the person, as the server counts them. */
const waits = (code: number): boolean => code === 37 || code === 112 || (code >= 60 && code <= 68);
const acts = (code: number): boolean => code >= 61 && code <= 68;

/**
 * Returns the milliseconds from a frame to the next, by the reply to it; undefined if there is none yet. `quick` replaces the
 * interval of frames that the server does not count.
 */
export function frameInterval(last: Pick<Stats, "errors" | "display"> | undefined, quick = QUICK): number {
  const { errors = [], display } = last ?? {};
  const counts = !display && !errors.every(waits) && !errors.some(acts);
  return counts ? Math.max(SLOW, quick) : quick;
}
