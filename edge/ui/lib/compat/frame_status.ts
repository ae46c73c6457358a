// What the callback of checkLiveness gets, in the shapes of both generations.
import type { Stats } from "../lpproto";

/** As servers of the second generation send it. */
export interface FrameStatus {
  isOk: boolean;
  errors: number[];
  estimations?: Record<string, unknown>;
  details?: Record<string, unknown>;
}

/** The first generation's: `details` for `estimations`, `quality` for `imageQuality`, and without what it did not have. */
export function asFirstGeneration({ isOk, errors, estimations }: Stats): FrameStatus {
  const { imageQuality, eyes: _eyes, deepfake: _deepfake, imageModification: _modification, faceCount: _count, ...rest } = estimations;
  const details: Record<string, unknown> = { ...rest };
  if (imageQuality !== undefined) details.quality = imageQuality;
  return { isOk, errors, details };
}
