// Small pictures for prompts: strokes in a box of 48 by 48.
import type { Mode } from "./camera";
import { arrowOnScreen, type Prompt, type PromptName } from "./prompts";

const HEAD = "M24 7c8 0 13 6 13 15 0 10-6 19-13 19S11 32 11 22C11 13 16 7 24 7Z";
const EYES = "M19 21v2M29 21v2";
const MOUTH = "M20 32c2.5 1.5 5.5 1.5 8 0";
const SMALL_HEAD = "M24 14c5 0 8 4 8 9.5S28 35 24 35s-8-6-8-11.5S19 14 24 14Z";
const SUN = "M24 17a7 7 0 1 0 0 14a7 7 0 1 0 0-14Z";
const RAYS = "M24 6v4M24 38v4M6 24h4M38 24h4M11.3 11.3l2.8 2.8M33.9 33.9l2.8 2.8M36.7 11.3l-2.8 2.8M14.1 33.9l-2.8 2.8";
const CORNERS = "M6 14V9a3 3 0 0 1 3-3h5M34 6h5a3 3 0 0 1 3 3v5M42 34v5a3 3 0 0 1-3 3h-5M14 42H9a3 3 0 0 1-3-3v-5";
const LENSES = "M6 24h3M39 24h3M21 24c2-2 4-2 6 0M9 23h12v3a6 6 0 0 1-12 0ZM27 23h12v3a6 6 0 0 1-12 0Z";
const STRIKE = "M8 40L40 8";
const EYE = "M5 25c5-8 12-12 19-12s14 4 19 12c-5 8-12 12-19 12S10 33 5 25Z";

const LEFT_HEAD = "M18 7c8 0 13 6 13 15 0 10-6 19-13 19S5 32 5 22C5 13 10 7 18 7Z"; // with room for an arrow
const turnRight = `${LEFT_HEAD}M18 20v2.5M27 20v2.5M17 31c3 2 6.5 1.8 9-.5M36 24h9M41 19.5l4.5 4.5-4.5 4.5`;
const moveRight = "M20 14c5 0 8 4 8 9.5S24 35 20 35s-8-6-8-11.5S15 14 20 14ZM33 24h11M39 19l5 5-5 5";
const tiltRight =
  "M29 8c7 2.5 10 9.5 7.5 18S27 42 20.5 40 12.5 31 15 22.5 22 5.5 29 8ZM22.5 20.5l-.6 2M32 23.5l-.6 2M19.5 31.5c2 1.8 4.5 2.6 7.5 2.3M40 12c3 3 4 6 4 10M41 20l3 3 2.5-3.5";
const up = `${LEFT_HEAD}M13 16v2.5M23 16v2.5M14 27c2.5 1.5 5.5 1.5 8 0M40 30V17M35.5 21.5L40 17l4.5 4.5`;
const down = `${LEFT_HEAD}M13 25.5v2.5M23 25.5v2.5M15 35c2 1 4 1 6 0M40 18v13M35.5 26.5L40 31l4.5-4.5`;
const shut = "M5 23c5 7 12 10.5 19 10.5S38 30 43 23M9 30l-3 3.5M18 33.5l-1.5 4.5M30 33.5l1.5 4.5M39 30l3 3.5";
const open = `${EYE}M24 19.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11Z`;
const CAMERA =
  "M10 15h6l3-4h10l3 4h6a3 3 0 0 1 3 3v17a3 3 0 0 1-3 3H10a3 3 0 0 1-3-3V18a3 3 0 0 1 3-3ZM24 19a7 7 0 1 0 0 14a7 7 0 1 0 0-14ZM24 23v3.5M24 29v.2"; // with an exclamation mark

/** A path's strokes, and whether its left and right are swapped. */
export interface Figure {
  path: string;
  flipped?: true;
}

export const FIGURES: Readonly<Record<PromptName, Figure>> = {
  connecting: { path: `${CORNERS}${SMALL_HEAD}` },
  reconnecting: { path: "M9 20a17 17 0 0 1 30 0M15 26a10 10 0 0 1 18 0M24 36v.5M38 6L10 42" },
  still: { path: CAMERA },
  black: { path: CAMERA },
  tap: { path: "M24 5v6M12 9l4 4M36 9l-4 4M20 30V20a4 4 0 0 1 8 0v9l7 2a4 4 0 0 1 3 5l-2 8H20l-8-11a3 3 0 0 1 5-3l3 3" },
  ready: { path: `${CORNERS}${SMALL_HEAD}` },
  noFace: { path: `${CORNERS}${SMALL_HEAD}` },
  hold: { path: `${HEAD}${EYES}${MOUTH}` },
  straight: { path: `${HEAD}${EYES}${MOUTH}` },
  blurred: {
    path: "M17 7h14a3 3 0 0 1 3 3v28a3 3 0 0 1-3 3H17a3 3 0 0 1-3-3V10a3 3 0 0 1 3-3ZM22 36h4M8 17l-3 3 3 3-3 3M40 17l3 3-3 3 3 3",
  },
  lessLight: { path: `${SUN}${RAYS}M21 24h6` },
  moreLight: { path: `${SUN}${RAYS}M21 24h6M24 21v6` },
  evenLight: { path: `${HEAD}M24 7v34M28 13v22M32 16v16` },
  glare: { path: "M24 8l3.5 12.5L40 24l-12.5 3.5L24 40l-3.5-12.5L8 24l12.5-3.5ZM38 8v6M35 11h6M10 34v6M7 37h6" },
  oneFace: {
    path: "M14 13c5 0 8 4 8 9.5S18 34 14 34s-8-6-8-11.5S9 13 14 13ZM34 13c5 0 8 4 8 9.5S38 34 34 34s-8-6-8-11.5S29 13 34 13ZM24 41L44 7",
  },
  closer: { path: `${SMALL_HEAD}M14 14L6 6M6 12V6h6M34 14l8-8M36 6h6v6M14 34l-8 8M6 36v6h6M34 34l8 8M42 36v6h-6` },
  farther: { path: `${SMALL_HEAD}M6 6l7 7M13 8v5H8M42 6l-7 7M35 8v5h5M6 42l7-7M8 35h5v5M42 42l-7-7M40 35h-5v5` },
  moveRight: { path: moveRight },
  moveLeft: { path: moveRight, flipped: true },
  moveUp: { path: "M24 20c5 0 8 4 8 9.5S28 41 24 41s-8-6-8-11.5S19 20 24 20ZM24 15V4M19 9l5-5 5 5" },
  moveDown: { path: "M24 6c5 0 8 4 8 9.5S28 27 24 27s-8-6-8-11.5S19 6 24 6ZM24 32v12M19 39l5 5 5-5" },
  faceRight: { path: turnRight },
  faceLeft: { path: turnRight, flipped: true },
  turnRight: { path: turnRight },
  turnLeft: { path: turnRight, flipped: true },
  tiltRight: { path: tiltRight },
  tiltLeft: { path: tiltRight, flipped: true },
  chinUp: { path: up },
  raiseChin: { path: up },
  chinDown: { path: down },
  lowerChin: { path: down },
  uncover: { path: `${HEAD}${EYES}M12 27h24M13 33h22M8 44L42 10` },
  glasses: { path: `${LENSES}${STRIKE}` },
  sunglasses: { path: `${LENSES}M12 23l6 6M17 23l4 4M30 23l6 6M35 23l4 4${STRIKE}` },
  uncoverEyes: { path: `${EYE}${STRIKE}` },
  sameCamera: {
    path: "M18 9h12a3 3 0 0 1 3 3v24a3 3 0 0 1-3 3H18a3 3 0 0 1-3-3V12a3 3 0 0 1 3-3ZM22 34h4M9 18a17 17 0 0 0 0 12M39 18a17 17 0 0 1 0 12",
  },
  quality: { path: CAMERA },
  stir: { path: open },
  colours: { path: `${HEAD}${EYES}${MOUTH}` },
  plugin: { path: CAMERA },
  eyesOpen: { path: open },
  openEyes: { path: open },
  closeEyes: { path: shut },
};

/** The picture of a prompt, pointing as its arrow does on the screen. */
export function figureFor(prompt: Prompt, mode: Mode): Figure {
  const kind = /^(move|turn|face)/.exec(prompt.name)?.[0];
  const arrow = arrowOnScreen(prompt, mode);
  const name = kind && arrow ? `${kind}${arrow[0]!.toUpperCase()}${arrow.slice(1)}` : prompt.name;
  return FIGURES[name as PromptName] ?? FIGURES[prompt.name];
}
