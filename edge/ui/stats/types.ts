// What GET /v1/stats answers.

export interface Quantiles {
  count: number;
  mean: number;
  p50: number;
  p95: number;
  p99: number;
}

export interface CodeFigures {
  code: number;
  name?: string;
  frames: number;
  sessions: number;
}

export interface Figures {
  opened: number | null;
  sessions: number;
  outcomes: Record<string, number>;
  frames: number;
  failed_frames: number;
  unjudged_frames: number;
  codes: CodeFigures[];
  frames_per_session: Quantiles | null;
  frame_ms: Quantiles | null;
  session_seconds: Quantiles | null;
}

export interface Point extends Figures {
  at: string;
}

export interface Report {
  since: string;
  until: string;
  step: "hour" | "day";
  complete: boolean;
  relative_error: number;
  total: Figures;
  series: Point[];
}

export const OUTCOMES = ["success", "attempts_exceeded", "liveness_attempts_exceeded", "different_face", "fake", "timeout"] as const;

/** The three things that are measured. */
export const MEASURES = ["frame_ms", "session_seconds", "frames_per_session"] as const;
export type Measure = (typeof MEASURES)[number];
