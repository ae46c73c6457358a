// The argument of checkLiveness's callback, in the format of both generations.
import type { ActiveLiveness, Stats } from "../lpproto";

/** The format of second-generation servers. */
export interface FrameStatus {
  isOk: boolean;
  errors: number[];
  estimations?: Record<string, unknown>;
  details?: Record<string, unknown>;
  activeLiveness?: ActiveLiveness;
}

/** Converts to the first generation: `details` for `estimations`, `quality` for `imageQuality`, without newer fields. */
export function asFirstGeneration({ isOk, errors, estimations }: Stats): FrameStatus {
  const { imageQuality, eyes: _eyes, deepfake: _deepfake, imageModification: _modification, faceCount: _count, ...rest } = estimations;
  const details: Record<string, unknown> = { ...rest };
  if (imageQuality !== undefined) details.quality = imageQuality;
  return { isOk, errors, details };
}
