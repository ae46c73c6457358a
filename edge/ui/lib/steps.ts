// The progress of active liveness, derived from the server's prompts.

/** The actions of active liveness, by code. */
const ACTIONS: Readonly<Record<number, ActionName>> = { 62: "blink", 64: "turnRight", 65: "turnLeft", 67: "raiseChin", 68: "lowerChin" };
/** "Look straight" and "open your eyes", which come before and after actions. */
const RESTS: readonly number[] = [61, 63, 66];

export type ActionName = "blink" | "turnRight" | "turnLeft" | "raiseChin" | "lowerChin";

export interface Step {
  name: ActionName;
  state: "now" | "done";
}

/**
 * Tracks the actions of one session. The protocol reports one code per frame and no total, so a step counts as done when the
 * server asks for something else, and as not done when it asks for the action again.
 */
export class StepTracker {
  private steps: Step[] = [];

  /** Takes the codes of a frame; returns the steps so far, in the order in which they were first requested. */
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
