// LPMessageRenderer: text and graphics over the camera picture.
import { prompts, stepFailures } from "../../texts/en";
import { arrowOnScreen, choosePrompt, PromptPacer, type Arrow } from "../prompts";
import type { Mode } from "../camera";
import { isStepFailure } from "../steps";
import { STAGE, style } from "./dom";
import type { FrameStatus } from "./frame_status";

export interface LPMessageRendererOptions {
  /** Whether to show text; on by default. */
  text?: boolean;
  /** Whether to draw the face's frame and arrows; on by default. */
  graphics?: boolean;
  /** Texts by check code, replacing the English ones. */
  errorMessages?: Record<string, string>;
}

const SVG = "http://www.w3.org/2000/svg";
/** The time in milliseconds for which the renderer says why an action did not count, before the next prompt. */
const NOTICE_SHOWN = 3000;
const ARROWS: Readonly<Record<Arrow, string>> = {
  left: "M9 42L3 50L9 58",
  right: "M91 42L97 50L91 58",
  up: "M42 9L50 3L58 9",
  down: "M42 91L50 97L58 91",
};

export class LPMessageRenderer {
  private readonly words = document.createElement("div");
  private readonly frame = document.createElementNS(SVG, "svg");
  private readonly box = document.createElementNS(SVG, "rect");
  private readonly arrows = document.createElementNS(SVG, "svg");
  private readonly arrow = document.createElementNS(SVG, "path");
  private pacer = new PromptPacer();
  private notice = { words: "", until: 0 };
  private stage: Element | undefined;

  constructor(private readonly options: LPMessageRendererOptions = {}) {}

  /** Covers the camera picture in `root`, or `root` itself if there is no picture yet. */
  init(root: HTMLElement): void {
    this.destroy();
    const stage = root.querySelector<HTMLElement>(`[${STAGE}]`) ?? root;
    this.stage = stage;
    if (getComputedStyle(stage).position === "static") stage.style.setProperty("position", "relative");
    const over = { position: "absolute", inset: "0", width: "100%", height: "100%", "pointer-events": "none", fill: "none" };
    if (this.options.graphics !== false) {
      style(this.frame, over).setAttribute("preserveAspectRatio", "xMidYMid slice"); // like the picture's object-fit
      style(this.arrows, over).setAttribute("viewBox", "0 0 100 100");
      for (const svg of [this.frame, this.arrows]) svg.setAttribute("aria-hidden", "true");
      for (const [name, value] of Object.entries({
        stroke: "#fff",
        "stroke-width": "3",
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
      })) {
        this.arrow.setAttribute(name, value);
        this.box.setAttribute(name, value);
      }
      this.frame.append(this.box);
      this.arrows.append(this.arrow);
      stage.append(this.frame, this.arrows);
    }
    if (this.options.text !== false) {
      this.words.setAttribute("role", "status");
      style(this.words, {
        position: "absolute",
        left: "0",
        right: "0",
        bottom: "0",
        padding: ".75em 1em",
        color: "#fff",
        background: "rgb(0 0 0 / 65%)",
        font: "600 1.125rem/1.35 system-ui, sans-serif",
        "text-align": "center",
      });
      this.words.hidden = true;
      stage.append(this.words);
    }
  }

  /** Shows the prompt for a frame's status. */
  render(status: FrameStatus): void {
    const now = performance.now();
    const prompt = this.pacer.next(choosePrompt(status.errors, this.options.errorMessages), now);
    const code = prompt.code ?? status.errors[0];
    const failure = status.activeLiveness?.failure;
    if (failure !== undefined)
      this.notice = { words: `${stepFailures[isStepFailure(failure) ? failure : "other"]}. `, until: now + NOTICE_SHOWN };
    const notice = now < this.notice.until ? this.notice.words : "";
    const words = status.isOk ? "" : notice + (this.options.errorMessages?.[String(code)] ?? prompts[prompt.name]);
    if (this.words.textContent !== words) this.words.textContent = words; // setting it again would make screen readers repeat it
    this.words.hidden = words === "";
    const arrow = arrowOnScreen(prompt, this.mode);
    this.arrow.setAttribute("d", arrow ? ARROWS[arrow] : "");
    this.drawFace(status);
  }

  /** Removes everything. */
  destroy(): void {
    for (const node of [this.words, this.frame, this.arrows]) node.remove();
    this.pacer = new PromptPacer();
    this.stage = undefined;
  }

  private get mode(): Mode {
    return this.stage?.getAttribute(STAGE) === "operator" ? "operator" : "selfie";
  }

  private drawFace(status: FrameStatus): void {
    const position = (status.estimations ?? status.details)?.faceFramePosition as { faceRect?: Rect; frameRect?: Rect } | undefined;
    const { faceRect: face, frameRect: frame } = position ?? {};
    this.box.style.setProperty("display", face && frame ? "" : "none");
    if (!face || !frame) return;
    this.frame.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
    const x = this.mode === "selfie" ? frame.width - face.x - face.width : face.x;
    for (const [name, value] of Object.entries({ x, y: face.y, width: face.width, height: face.height, rx: face.width / 10 })) {
      this.box.setAttribute(name, String(value));
    }
  }
}

interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}
