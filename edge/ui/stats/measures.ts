import type { Outcome, Statistics } from "../admin/rest";

/** How a session can end, in the order in which charts show it. */
export const OUTCOMES = [
  "success",
  "attempts_exceeded",
  "liveness_attempts_exceeded",
  "different_face",
  "fake",
  "timeout",
] as const satisfies Outcome[];

/** What is measured, by its name in the statistics. */
export const MEASURES = ["frame_ms", "session_seconds", "frames_per_session"] as const satisfies (keyof Statistics["total"])[];
export type Measure = (typeof MEASURES)[number];
