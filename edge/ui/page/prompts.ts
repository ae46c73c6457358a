// From check codes to the one thing a person should do now.
import type { PromptName } from "./texts";

/** Where an arrow points in the mirrored picture; a person's right is the picture's right. */
export type Arrow = "left" | "right" | "up" | "down";

export interface Prompt {
  name: PromptName;
  arrow?: Arrow;
  /** Asked by active liveness: an action, not a fault to mend. */
  action?: boolean;
}

const HOLD: Prompt = { name: "hold" };

/** Codes a person can act on. What is not here (networks, forensics, limits) is not for a person's eyes. */
const PROMPTS: Readonly<Record<number, Prompt>> = {
  3: { name: "blurred" },
  4: { name: "lessLight" },
  5: { name: "moreLight" },
  6: { name: "evenLight" },
  7: { name: "glare" },
  8: { name: "noFace" },
  9: { name: "oneFace" },
  12: { name: "closer" },
  13: { name: "closer" },
  // 14..17 name the side of the un-mirrored picture that the face is too near to.
  14: { name: "moveUp", arrow: "up" },
  15: { name: "moveLeft", arrow: "left" },
  16: { name: "moveDown", arrow: "down" },
  17: { name: "moveRight", arrow: "right" },
  19: { name: "faceRight", arrow: "right" },
  20: { name: "faceLeft", arrow: "left" },
  21: { name: "tiltLeft" },
  22: { name: "tiltRight" },
  23: { name: "chinUp", arrow: "up" },
  24: { name: "chinDown", arrow: "down" },
  26: { name: "uncover" },
  28: { name: "glasses" },
  30: { name: "quality" },
  37: HOLD,
  38: { name: "farther" },
  51: { name: "eyesOpen" },
  60: HOLD,
  61: { name: "openEyes", action: true },
  62: { name: "closeEyes", action: true },
  63: { name: "straight", action: true },
  64: { name: "turnRight", arrow: "right", action: true },
  65: { name: "turnLeft", arrow: "left", action: true },
  66: { name: "straight", action: true },
  67: { name: "raiseChin", arrow: "up", action: true },
  68: { name: "lowerChin", arrow: "down", action: true },
};

/** Of several codes: the first active-liveness action, else the first a person can act on, else "hold still". */
export function choosePrompt(errors: readonly number[]): Prompt {
  const known = errors.map((code) => PROMPTS[code]).filter((prompt) => prompt !== undefined);
  return known.find((prompt) => prompt.action) ?? known.find((prompt) => prompt !== HOLD) ?? HOLD;
}

/** Milliseconds a prompt stays at least. An action may come sooner: it answers what the person has just done. */
const MIN_SHOWN = 1000;
const MIN_SHOWN_BEFORE_ACTION = 400;

/** Keeps prompts calm: each stays long enough to be read, whatever the frames say meanwhile. */
export class PromptPacer {
  private shown: Prompt | undefined;
  private since = 0;

  /** Takes the prompt now wanted and the time in ms; returns the prompt to show. */
  next(wanted: Prompt, now: number): Prompt {
    const age = now - this.since;
    const due = wanted.action ? MIN_SHOWN_BEFORE_ACTION : MIN_SHOWN;
    if (!this.shown || (wanted.name !== this.shown.name && age >= due)) {
      this.shown = wanted;
      this.since = now;
    }
    return this.shown;
  }
}

/**
 * Milliseconds from one frame to the next. Frames are counted against the session's attempts, so while something is
 * asked of the person they are spent at a person's pace; while nothing is, the check should simply be over soon.
 */
export function frameInterval(prompt: Prompt): number {
  return prompt.name === "hold" ? 100 : 300;
}
