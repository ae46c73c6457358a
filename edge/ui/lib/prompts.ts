// Maps check codes to the one thing that the user should do now.
import type { Mode } from "./camera";
import type { CheckCode } from "./codes";

/** The prompts; catalogues have a text and figures a picture for each. */
export const PROMPT_NAMES = [
  "connecting",
  "reconnecting",
  "ready",
  "still",
  "black",
  "tap",
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
  "sunglasses",
  "uncoverEyes",
  "sameCamera",
  "quality",
  "stir",
  "eyesOpen",
  "openEyes",
  "closeEyes",
  "straight",
  "turnRight",
  "turnLeft",
  "raiseChin",
  "lowerChin",
  "colours",
  "plugin",
] as const;

export type PromptName = (typeof PROMPT_NAMES)[number];

/** The direction of an arrow in the mirrored picture; the user's right is the picture's right. */
export type Arrow = "left" | "right" | "up" | "down";

export interface Prompt {
  name: PromptName;
  /** The check code that caused it. */
  code?: number;
  arrow?: Arrow;
  /** An action of active liveness rather than something to correct. */
  action?: boolean;
}

const HOLD: Prompt = { name: "hold" };

/**
 * Codes that a user can act on. Others (networks, forensics, limits) are not shown to users: 108, 109 and 115 concern the service,
 * and 113 would tell an attacker what to improve. 112 is shown, since some people sit like a picture, and 114, since turning a
 * phone changes the size of its frames.
 */
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
  // 14..17 name the edge of the picture, not mirrored, that the face is too close to.
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
  29: { name: "sunglasses" },
  30: { name: "quality" },
  37: HOLD,
  38: { name: "farther" },
  50: { name: "uncoverEyes" },
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
  112: { name: "stir" },
  114: { name: "sameCamera" },
} satisfies Partial<Record<CheckCode, Prompt>>;

/** The check codes with their own prompt. */
export const PROMPTED_CODES: readonly number[] = Object.keys(PROMPTS)
  .map(Number)
  .filter((code) => PROMPTS[code] !== HOLD);

/** Reports whether a check code belongs to a plugin. Only the config can have texts for these. */
export const isPluginCode = (code: number): boolean => Number.isInteger(code) && code >= 1000 && code <= 9999;

/**
 * Chooses the prompt for several codes: the first active-liveness action, else the first that the user can act on, else "hold
 * still". Eyes that cannot be seen come before an action of the eyes. `words` are the config's texts by code: codes of plugins
 * without a text are not shown.
 */
export function choosePrompt(errors: readonly number[], words: Readonly<Record<string, string>> = {}): Prompt {
  const known = errors.flatMap((code): Prompt[] => {
    if (PROMPTS[code]) return [{ ...PROMPTS[code], code }];
    return isPluginCode(code) && words[String(code)] ? [{ name: "plugin", code }] : [];
  });
  const action = known.find((prompt) => prompt.action);
  const hidden = known.find(({ name }) => name === "sunglasses" || name === "uncoverEyes");
  if (hidden && (action?.name === "openEyes" || action?.name === "closeEyes")) return hidden;
  return action ?? known.find((prompt) => prompt.name !== "hold") ?? HOLD;
}

/**
 * Returns the direction of the prompt's arrow on the screen. An operator sees a picture that is not mirrored and moves the
 * camera instead of the face: arrows for turning the head and for moving up or down are reversed.
 */
export function arrowOnScreen(prompt: Prompt, mode: Mode): Arrow | undefined {
  if (mode === "selfie" || !prompt.arrow) return prompt.arrow;
  const turns = prompt.name.startsWith("turn") || prompt.name.startsWith("face");
  const rises = prompt.name === "moveUp" || prompt.name === "moveDown";
  return turns || rises ? OPPOSITE[prompt.arrow] : prompt.arrow;
}

const OPPOSITE: Readonly<Record<Arrow, Arrow>> = { left: "right", right: "left", up: "down", down: "up" };

/** The minimum time a prompt stays, in milliseconds. An action may follow sooner: it responds to what the user just did. */
const MIN_SHOWN = 1000;
const MIN_SHOWN_BEFORE_ACTION = 400;
/** The number of consecutive frames that must require a prompt before it is shown. For an action, one is enough. */
const FRAMES_IN_A_ROW = 2;

/** Returns a key that is equal for prompts with the same text. */
const same = ({ name, code }: Prompt): string => (name === "plugin" ? `${name} ${code}` : name);

/** Keeps prompts calm: each stays long enough to be read, and a single deviating frame changes nothing. */
export class PromptPacer {
  private shown: Prompt | undefined;
  private since = 0;
  private wanted = "";
  private inARow = 0;

  /** Takes the prompt that a frame requires and the time in ms; returns the prompt to show. */
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
