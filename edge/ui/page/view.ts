// What the page shows: one of four views, filled from the catalogue.
import type { Passed } from "../lib/check";
import type { Explained } from "./failures";
import type { Prompt } from "./prompts";
import { describe, type Row } from "./result";
import { texts } from "./texts";

export type ViewName = "intro" | "live" | "success" | "failure";

export const element = <T extends HTMLElement>(id: string): T => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found as T;
};

/** Puts the catalogue's words where `data-text`, `data-label` and `data-alt` ask for them. */
export function fillTexts(): void {
  document.documentElement.lang = texts.lang;
  document.title = `${texts.brand} · ${texts.live.title}`;
  for (const node of document.querySelectorAll<HTMLElement>("[data-text]")) node.textContent = lookUp(node.dataset.text!);
  for (const node of document.querySelectorAll<HTMLElement>("[data-label]")) node.setAttribute("aria-label", lookUp(node.dataset.label!));
  for (const node of document.querySelectorAll<HTMLElement>("[data-alt]")) node.setAttribute("alt", lookUp(node.dataset.alt!));
  element("steps").replaceChildren(...texts.intro.steps.map((step) => create("li", step)));
}

function lookUp(path: string): string {
  const value = path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], texts);
  if (typeof value !== "string") throw new Error(`texts has no ${path}`);
  return value;
}

/** Shows one view and moves the focus to its heading, so that a screen reader starts there. */
export function showView(name: ViewName): void {
  element("main").dataset.view = name;
  for (const section of document.querySelectorAll<HTMLElement>("main > section")) section.hidden = section.id !== name;
  element(name).querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

export function showAsking(asking: boolean): void {
  const start = element("start");
  start.setAttribute("aria-disabled", String(asking)); // `disabled` would drop the keyboard focus
  start.textContent = asking ? texts.intro.asking : texts.intro.start;
  element("asking").textContent = asking ? texts.intro.askingHint : "";
}

export function showPrompt(prompt: Prompt): void {
  const node = element("prompt");
  const words = texts.prompts[prompt.name];
  if (node.textContent !== words) node.textContent = words; // set again, it would be read aloud again
  const stage = element("stage");
  stage.dataset.arrow = prompt.arrow ?? "";
  stage.dataset.mood = prompt.name === "hold" ? "good" : prompt.action ? "action" : "wait";
}

export function showSuccess({ jwt, result }: Passed): void {
  element<HTMLImageElement>("bestshot").src = result.bestshot ? `data:image/jpeg;base64,${result.bestshot}` : "";
  element("bestshot").parentElement!.hidden = !result.bestshot;
  const { facts } = texts;
  const rows: Row[] = [
    { label: facts.isOk, value: result.isOk ? facts.passed : facts.failed },
    { label: facts.jti, value: result.jti },
    { label: facts.iat, value: new Date(result.iat * 1000).toLocaleString(texts.lang, { dateStyle: "medium", timeStyle: "medium" }) },
  ];
  if (result.errors.length > 0) rows.push({ label: facts.codes, value: result.errors.join(", ") });
  element("facts").replaceChildren(...rows.flatMap(terms));
  element("estimations").replaceChildren(
    ...describe(result.estimations, texts).flatMap((group) => {
      const list = create("dl", "");
      list.append(...group.rows.flatMap(terms));
      return group.title ? [create("h2", group.title), list] : [list];
    }),
  );
  element("token").textContent = jwt;
  showView("success");
}

export function showFailure({ name, reference }: Explained, sessionId: string): void {
  const { title, text } = texts.failures[name];
  element("failure-title").textContent = title;
  element("failure-text").textContent = text;
  const parts = [reference, sessionId].filter(Boolean);
  element("failure-reference").textContent = parts.length > 0 ? `${texts.failure.reference}: ${parts.join(" · ")}` : "";
  showView("failure");
}

const terms = ({ label, value }: Row): HTMLElement[] => [create("dt", label), create("dd", value)];

function create(tag: string, text: string): HTMLElement {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}
