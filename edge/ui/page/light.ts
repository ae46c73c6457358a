// Lights the face: floods the page with the colours that the server tells.
import type { Stats } from "../lib/lpproto";
import { readableOn } from "./theme";

/** The minimum time of a colour in ms. Three flashes a second, each of two changes, are the most that is safe (WCAG 2.3.1). */
export const MIN_SHOWN = 350;
/** How long a colour stays in ms while no face is found. */
const MAX_WITHOUT_FACE = 2000;
const NO_FACE = [8, 9];

/** Chooses the colour to show from the replies. */
export class Light {
  private colour = "";
  private changed = -Infinity;
  private told = -Infinity;

  /** Takes a reply and the time in ms; returns the colour to show, "" for the usual look. */
  next({ display, errors }: Pick<Stats, "display" | "errors">, now: number): string {
    if (display) this.told = now;
    const kept = errors.some((code) => NO_FACE.includes(code)) && now - this.told < MAX_WITHOUT_FACE;
    const wanted = display?.colour ?? (kept ? this.colour : "");
    if (wanted !== this.colour && now - this.changed >= MIN_SHOWN) {
      this.colour = wanted;
      this.changed = now;
    }
    return this.colour;
  }
}

/** Shows the colour on the whole page, "" for the usual look. */
export function flood(colour: string): void {
  const root = document.documentElement;
  root.toggleAttribute("data-lit", colour !== "");
  root.style.setProperty("--lit", colour);
  root.style.setProperty("--on-lit", colour && readableOn(colour));
}
