// The progress of active liveness, told from what the server asks for.

/** The actions a person can be asked for, by the code that asks. */
const ACTIONS: Readonly<Record<number, ActionName>> = { 62: "blink", 64: "turnRight", 65: "turnLeft", 67: "raiseChin", 68: "lowerChin" };
/** "Look straight" and "open your eyes": before an action and after it. */
const RESTS: readonly number[] = [61, 63, 66];

export type ActionName = "blink" | "turnRight" | "turnLeft" | "raiseChin" | "lowerChin";

export interface Step {
  name: ActionName;
  state: "now" | "done";
}

/**
 * Follows the actions of one session. The protocol tells one code a frame and no total, so a step counts as done when the
 * server asks for something else after it; asked for again, it was not done after all.
 */
export class StepTracker {
  private steps: Step[] = [];

  /** Takes the codes of one frame; returns the steps so far, in the order they were first asked for. */
  next(errors: readonly number[]): readonly Step[] {
    const asked = errors.map((code) => ACTIONS[code]).find((name) => name !== undefined);
    const now = this.steps.find(({ state }) => state === "now");
    if (asked && asked !== now?.name) {
      this.finish();
      this.steps = this.steps.filter(({ name }) => name !== asked).concat({ name: asked, state: "now" });
    } else if (!asked && now && (errors.length === 0 || errors.some((code) => RESTS.includes(code) || code === 60 || code === 37))) {
      this.finish();
    }
    return this.steps;
  }

  private finish(): void {
    this.steps = this.steps.map((step) => ({ ...step, state: "done" }));
  }
}
