// A session's frames, each combined with everything that was stored for it.
import type { Decision, StoredFrame, Verdict } from "./rest";

export interface ObservedFrame {
  sequence: number;
  /** Seconds after the first frame. */
  seconds: number;
  frame: StoredFrame;
  decision: Decision | undefined;
  verdicts: Verdict[];
}

/**
 * Returns the frames of a session in order, each once. After a lost connection, several images may share a number; the one
 * that the decision refers to counts.
 */
export function observeFrames(frames: StoredFrame[], decisions: Decision[], verdicts: Verdict[]): ObservedFrame[] {
  const decided = new Map(decisions.map((decision) => [Number(decision.name.sequence), decision]));
  const verdictsOf = new Map<number, Map<string, Verdict>>();
  for (const verdict of verdicts) {
    const sequence = Number(verdict.name.sequence);
    if (!verdictsOf.has(sequence)) verdictsOf.set(sequence, new Map());
    verdictsOf.get(sequence)?.set(verdict.worker, verdict); // a repeated verdict is identical
  }
  const chosen = new Map<number, StoredFrame>();
  for (const frame of frames) {
    const before = chosen.get(frame.sequence);
    if (!before || String(before.stored) !== decided.get(frame.sequence)?.frame) chosen.set(frame.sequence, frame);
  }
  const start = Math.min(...frames.map(({ received }) => Date.parse(received)));
  return [...chosen.values()]
    .sort((a, b) => a.sequence - b.sequence)
    .map((frame) => ({
      sequence: frame.sequence,
      seconds: (Date.parse(frame.received) - start) / 1000,
      frame,
      decision: decided.get(frame.sequence),
      verdicts: [...(verdictsOf.get(frame.sequence)?.values() ?? [])].sort((a, b) => a.worker.localeCompare(b.worker)),
    }));
}

export interface Measure {
  name: string;
  /** From 0 to 1, with 1 = fine, if the measure is a score. */
  score?: number;
  text?: string;
}

const SCORES = ["liveness", "previous_face_similarity", "first_face_similarity", "ags", "deepfake", "image_modification"] as const;
const QUALITIES = ["blur", "light", "darkness", "illumination", "specularity"] as const;

/** Returns the measurements of a frame, scores first. */
export function measures(decision: Decision | undefined): Measure[] {
  const e = decision?.estimations;
  if (!e) return [];
  const out: Measure[] = [];
  const score = (name: string, value: unknown) => typeof value === "number" && out.push({ name, score: value });
  const text = (name: string, value: unknown) => (value || value === 0) && out.push({ name, text: String(value) });
  for (const name of SCORES) score(name, e[name]);
  for (const name of QUALITIES) score(name, e.image_quality?.[name]);
  if (e.virtual_camera) score("virtual_camera", e.virtual_camera.score ?? 0);
  text("face_count", e.face_count);
  if (e.head_pose) for (const name of ["yaw", "pitch", "roll"] as const) text(name, `${(e.head_pose[name] ?? 0).toFixed(1)}°`);
  text("eyes", e.eyes?.state);
  text("mouth", e.mouth?.state);
  text("eyeglasses", e.eyeglasses?.replace("_", " "));
  text("action", e.active_liveness?.action?.replace("_", " "));
  const { face, frame } = e.frame_position ?? {};
  if (face) text("face", `${face.width ?? 0} × ${face.height ?? 0}`);
  if (frame) text("frame", `${frame.width ?? 0} × ${frame.height ?? 0}`);
  return out;
}
