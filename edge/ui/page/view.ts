// The five views of the page, with texts from the catalogue.
import type { Mode } from "../lib/camera";
import type { Passed } from "../lib/check";
import type { UIConfig } from "../lib/config";
import type { PassError } from "../lib/errors";
import { FIGURES, figureFor, type Figure } from "../lib/figures";
import { arrowOnScreen, type Prompt, type PromptName } from "../lib/prompts";
import { isStepFailure, type ActionName, type Progress, type Step } from "../lib/steps";
import { lang, texts } from "./language";
import type { Reasons } from "./reasons";
import { describe, type Row } from "./result";

/** The views; `setup` and `live` are two states of one section. */
export type ViewName = "intro" | "setup" | "live" | "success" | "failure" | "test";

const SVG = "http://www.w3.org/2000/svg";

export const element = <T extends HTMLElement>(id: string): T => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found as T;
};

export function create(tag: string, text = "", className = ""): HTMLElement {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = className;
  return node;
}

/** Fills the elements with `data-text`, `data-label` and `data-alt` from the catalogue; texts of the config take precedence. */
export function fillTexts(config: UIConfig): void {
  document.documentElement.lang = lang;
  document.title = `${config.name || texts.brand} · ${texts.title}`;
  const words: Record<string, string | undefined> = {
    brand: config.name,
    "setup.start": config.start_button_text,
    "success.lead": config.success_message,
  };
  const lookUp = (path: string) => words[path] || wordsAt(path);
  for (const node of document.querySelectorAll<HTMLElement>("[data-text]")) node.textContent = lookUp(node.dataset.text!);
  for (const node of document.querySelectorAll<HTMLElement>("[data-label]")) node.setAttribute("aria-label", lookUp(node.dataset.label!));
  for (const node of document.querySelectorAll<HTMLElement>("[data-alt]")) node.setAttribute("alt", lookUp(node.dataset.alt!));
  element("steps").replaceChildren(...texts.intro.steps.map((step) => create("li", step)));
  element("mode").title = config.mode_tooltip ?? "";
}

function wordsAt(path: string): string {
  const value = path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], texts);
  if (typeof value !== "string") throw new Error(`texts has no ${path}`);
  return value;
}

/** Shows a view and moves the focus to its heading, where a screen reader continues. */
export function showView(name: ViewName): void {
  const main = element("main");
  if (main.dataset.view === name) return;
  const shown = name === "setup" ? "live" : name;
  element("live-title").textContent = name === "setup" ? texts.setup.title : texts.live.title;
  for (const section of document.querySelectorAll<HTMLElement>("main > section")) section.hidden = section.id !== shown;
  element("setup").hidden = name !== "setup";
  element("checking").hidden = name !== "live";
  main.dataset.view = name;
  element(shown).querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** Milliseconds after which somebody who is not asked for the camera learns what to do; web views of apps may never ask. */
const ASKING_LONG = 20_000;
let askingTimer: ReturnType<typeof setTimeout> | undefined;

/** Shows what the start button waits for: the browser's question, a tap, or nothing. */
export function showAsking(waits: "asking" | "tap" | undefined): void {
  const [start, hint] = [element("start"), element("asking")];
  start.setAttribute("aria-disabled", String(waits === "asking")); // `disabled` would lose the keyboard focus
  start.textContent = texts.intro[waits ?? "start"];
  hint.textContent = waits ? texts.intro[`${waits}Hint`] : "";
  clearTimeout(askingTimer);
  if (waits === "asking") askingTimer = setTimeout(() => (hint.textContent = texts.intro.askingLong), ASKING_LONG);
}

export function showPrompt(prompt: Prompt, mode: Mode, messages: Record<string, string> = {}): void {
  write(element("prompt"), wordsFor(prompt, mode, messages));
  const arrow = arrowOnScreen(prompt, mode);
  const picture = element("prompt-figure");
  const figure = figureFor(prompt, mode);
  if (picture.dataset.path !== figure.path + figure.flipped) picture.replaceChildren(drawing(figure));
  picture.dataset.path = figure.path + figure.flipped;
  const stage = element("stage");
  stage.dataset.arrow = arrow ?? "";
  stage.dataset.mood = prompt.name === "hold" || prompt.name === "colours" ? "good" : prompt.action ? "action" : "wait";
}

function wordsFor(prompt: Prompt, mode: Mode, messages: Record<string, string> = {}): string {
  const own = mode === "operator" ? texts.operatorPrompts[prompt.name] : undefined;
  return messages[String(prompt.code)] ?? own ?? texts.prompts[prompt.name];
}

function write(node: HTMLElement, words: string): void {
  if (node.textContent !== words) node.textContent = words; // setting it again would make screen readers repeat it
}

export function drawing({ path, flipped }: Figure): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 48 48");
  svg.setAttribute("aria-hidden", "true");
  const strokes = document.createElementNS(SVG, "path");
  strokes.setAttribute("d", path);
  if (flipped) strokes.setAttribute("transform", "matrix(-1 0 0 1 48 0)");
  svg.append(strokes);
  return svg;
}

const ACTION_FIGURES: Readonly<Record<ActionName, PromptName>> = {
  blink: "closeEyes",
  turnRight: "turnRight",
  turnLeft: "turnLeft",
  raiseChin: "raiseChin",
  lowerChin: "lowerChin",
};

const TICK: Figure = { path: "M12 25l8 8 16-18" };
const CROSS: Figure = { path: "M14 14l20 20M34 14L14 34" };
const NOTICE_SHOWN = 4000; // ms
let noticeTimer: ReturnType<typeof setTimeout> | undefined;

/** Shows the steps of the check with their states, the time that remains for the current one, and why a try failed. */
export function showProgress({ steps, failure, time }: Progress): void {
  showSteps(steps);
  element("stage").toggleAttribute("data-timed", time !== undefined);
  element("time").style.setProperty("stroke-dashoffset", String(time ? 1 - time.left / time.of : 0));
  write(element("time-left"), time ? texts.live.left.replace("{seconds}", String(Math.ceil(time.left / 1000))) : "");
  if (failure === undefined && steps.length > 0) return;
  clearTimeout(noticeTimer);
  const notice = element("notice");
  notice.textContent = failure === undefined ? "" : texts.stepFailures[isStepFailure(failure) ? failure : "other"];
  noticeTimer = setTimeout(() => (notice.textContent = ""), NOTICE_SHOWN);
}

function showSteps(steps: readonly Step[]): void {
  const node = element("actions");
  const state = steps.map(({ name, state }) => `${name} ${state}`).join();
  if (node.dataset.state === state) return;
  node.dataset.state = state;
  const total = steps.filter((step) => step.state !== "failed").length;
  let place = 0;
  node.replaceChildren(
    ...steps.map(({ name, state }) => {
      if (state !== "failed") place++;
      const item = create("li", "", state);
      const figure = state === "done" ? TICK : state === "failed" ? CROSS : name && FIGURES[ACTION_FIGURES[name]];
      if (figure) item.append(drawing(figure));
      const step = texts.live.step.replace("{step}", String(place)).replace("{steps}", String(total));
      const label = name ? texts.actions[name] : state === "later" ? String(place) : step;
      item.append(create("span", label), create("span", `: ${texts.live.states[state]}`, "unseen"));
      if (state === "now" && name && total > 1) item.append(create("small", step));
      return item;
    }),
  );
}

export function showSuccess({ jwt, result }: Passed, config: UIConfig): void {
  const to = config.redirect_url?.replaceAll("{session}", encodeURIComponent(result.jti));
  const link = element<HTMLAnchorElement>("continue");
  element("going-on").hidden = to === undefined;
  element("result").hidden = to !== undefined;
  if (to !== undefined) link.href = to;
  element<HTMLImageElement>("bestshot").src = result.bestshot ? `data:image/jpeg;base64,${result.bestshot}` : "";
  element("bestshot").parentElement!.hidden = !result.bestshot;
  const { facts } = texts;
  const rows: Row[] = [
    { label: facts.isOk, value: result.isOk ? facts.passed : facts.failed },
    { label: facts.jti, value: result.jti },
    { label: facts.iat, value: new Date(result.iat * 1000).toLocaleString(lang, { dateStyle: "medium", timeStyle: "medium" }) },
  ];
  if (result.errors.length > 0) rows.push({ label: facts.codes, value: result.errors.join(", ") });
  element("facts").replaceChildren(...rows.flatMap(terms));
  element("estimations").replaceChildren(
    ...describe(result.estimations, texts).flatMap((group) => {
      const list = create("dl");
      list.append(...group.rows.flatMap(terms));
      return group.title ? [create("h2", group.title), list] : [list];
    }),
  );
  element("token").textContent = jwt;
  showView("success");
}

export function showFailure({ failure, detail, sessionId }: PassError, reasons: Reasons, mode: Mode, config: UIConfig): void {
  const { title, text } = texts.failures[reasons.textFor(failure)];
  element("failure-title").textContent = title;
  element("failure-text").textContent = (failure === "cameraAbsent" && config.camera_not_attached_text) || text;
  const mostly = reasons.mostly(failure);
  element("failure-mostly").textContent = mostly
    ? texts.failure.mostly.replace("{prompt}", wordsFor(mostly, mode, config.error_messages))
    : "";
  const parts = [detail, sessionId].filter(Boolean);
  element("failure-reference").textContent = parts.length > 0 ? `${texts.failure.reference}: ${parts.join(" · ")}` : "";
  element("failure-test").hidden = !failure.startsWith("camera");
  showView("failure");
}

const terms = ({ label, value }: Row): HTMLElement[] => [create("dt", label), create("dd", value)];
