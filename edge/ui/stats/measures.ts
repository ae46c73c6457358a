import type { Outcome, Statistics } from "../admin/rest";

/** The outcomes of ended sessions, in the order of the charts. */
export const OUTCOMES = [
  "success",
  "attempts_exceeded",
  "liveness_attempts_exceeded",
  "different_face",
  "fake",
  "timeout",
  "actions_failed",
  "duration_exceeded",
  "not_measured",
] as const satisfies Outcome[];

/** The measures, by name in the statistics. */
export const MEASURES = ["frame_ms", "session_seconds", "frames_per_session"] as const satisfies (keyof Statistics["total"])[];
export type Measure = (typeof MEASURES)[number];
