// From check codes to the one thing a person should do now.
import type { Mode } from "./camera";
import type { CheckCode } from "./codes";

/** What can be asked of a person; catalogues have words, and figures pictures for each. */
export const PROMPT_NAMES = [
  "connecting",
  "reconnecting",
  "ready",
  "hold",
  "blurred",
  "lessLight",
  "moreLight",
  "evenLight",
  "glare",
  "noFace",
  "oneFace",
  "closer",
  "farther",
  "moveUp",
  "moveDown",
  "moveLeft",
  "moveRight",
  "faceRight",
  "faceLeft",
  "tiltLeft",
  "tiltRight",
  "chinUp",
  "chinDown",
  "uncover",
  "glasses",
  "quality",
  "eyesOpen",
  "openEyes",
  "closeEyes",
  "straight",
  "turnRight",
  "turnLeft",
  "raiseChin",
  "lowerChin",
  "plugin",
] as const;

export type PromptName = (typeof PROMPT_NAMES)[number];

/** Where an arrow points in the mirrored picture; a person's right is the picture's right. */
export type Arrow = "left" | "right" | "up" | "down";

export interface Prompt {
  name: PromptName;
  /** The check code behind it. */
  code?: number;
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
} satisfies Partial<Record<CheckCode, Prompt>>;

/** The check codes that have a prompt of their own. */
export const PROMPTED_CODES: readonly number[] = Object.keys(PROMPTS)
  .map(Number)
  .filter((code) => PROMPTS[code] !== HOLD);

/** Whether a check code is one of a plugin, which only the config can have words for. */
export const isPluginCode = (code: number): boolean => Number.isInteger(code) && code >= 1000 && code <= 9999;

/**
 * Of several codes: the first active-liveness action, else the first a person can act on, else "hold still". words are
 * the config's, by code: plugins' codes that have none are not for a person's eyes.
 */
export function choosePrompt(errors: readonly number[], words: Readonly<Record<string, string>> = {}): Prompt {
  const known = errors.flatMap((code): Prompt[] => {
    if (PROMPTS[code]) return [{ ...PROMPTS[code], code }];
    return isPluginCode(code) && words[String(code)] ? [{ name: "plugin", code }] : [];
  });
  return known.find((prompt) => prompt.action) ?? known.find((prompt) => prompt.name !== "hold") ?? HOLD;
}

/**
 * Where the prompt's arrow points on the screen. An operator sees the picture as it is, not mirrored, and moves the camera
 * instead of the face: heads turn, and cameras rise, the other way.
 */
export function arrowOnScreen(prompt: Prompt, mode: Mode): Arrow | undefined {
  if (mode === "selfie" || !prompt.arrow) return prompt.arrow;
  const turns = prompt.name.startsWith("turn") || prompt.name.startsWith("face");
  const rises = prompt.name === "moveUp" || prompt.name === "moveDown";
  return turns || rises ? OPPOSITE[prompt.arrow] : prompt.arrow;
}

const OPPOSITE: Readonly<Record<Arrow, Arrow>> = { left: "right", right: "left", up: "down", down: "up" };

/** Milliseconds a prompt stays at least. An action may come sooner: it answers what the person has just done. */
const MIN_SHOWN = 1000;
const MIN_SHOWN_BEFORE_ACTION = 400;
/** Frames in a row that must want a prompt before it is shown. One frame wants an action: the server has waited already. */
const FRAMES_IN_A_ROW = 2;

/** What is the same for prompts that say the same. */
const same = ({ name, code }: Prompt): string => (name === "plugin" ? `${name} ${code}` : name);

/** Keeps prompts calm: each stays long enough to be read, and a single odd frame changes nothing. */
export class PromptPacer {
  private shown: Prompt | undefined;
  private since = 0;
  private wanted = "";
  private inARow = 0;

  /** Takes the prompt that a frame wants and the time in ms; returns the prompt to show. */
  next(wanted: Prompt, now: number): Prompt {
    const asked = same(wanted);
    this.inARow = asked === this.wanted ? this.inARow + 1 : 1;
    this.wanted = asked;
    const due = wanted.action ? MIN_SHOWN_BEFORE_ACTION : MIN_SHOWN;
    const sure = wanted.action || this.inARow >= FRAMES_IN_A_ROW;
    if (!this.shown || (asked !== same(this.shown) && sure && now - this.since >= due)) {
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
