// The progress of active liveness, as the server tells it.
import type { ActiveLiveness, Stats } from "./lpproto";

export type ActionName = "blink" | "turnRight" | "turnLeft" | "raiseChin" | "lowerChin";

/** Why a try of an action failed. A server may tell others in the future. */
export const STEP_FAILURES = [
  "too_slow",
  "too_fast",
  "other_action",
  "face_lost",
  "jump",
  "not_a_turn",
  "same_picture",
  "bent_picture",
] as const;
export type StepFailure = (typeof STEP_FAILURES)[number];

/** Reports whether a failure is one of STEP_FAILURES. */
export const isStepFailure = (failure: string): failure is StepFailure => (STEP_FAILURES as readonly string[]).includes(failure);

export interface Step {
  /** Absent for a step whose action is not known (yet). */
  name?: ActionName;
  /** `failed` is a try that did not count. */
  state: "done" | "failed" | "now" | "later";
}

export interface Progress {
  /** All steps of the check in order; the last failed try comes before the step that it belongs to. */
  steps: readonly Step[];
  /** Why a try failed with this frame. */
  failure?: string;
  /** The milliseconds that remain for the action and those that there were when it was requested. */
  time?: { left: number; of: number };
}

const ACTIONS: ReadonlyMap<string, ActionName> = new Map([
  ["blink", "blink"],
  ["yaw_right", "turnRight"],
  ["yaw_left", "turnLeft"],
  ["pitch_up", "raiseChin"],
  ["pitch_down", "lowerChin"],
]);
/** The actions by code, for servers that do not tell the progress. */
const ASKED: ReadonlyMap<number, ActionName> = new Map([
  [62, "blink"],
  [64, "turnRight"],
  [65, "turnLeft"],
  [67, "raiseChin"],
  [68, "lowerChin"],
]);

const named = (name: ActionName | undefined, state: Step["state"]): Step => (name ? { name, state } : { state });

/** Tracks the actions of one session. */
export class StepTracker {
  private names: (ActionName | undefined)[] = [];
  private last: ActiveLiveness | undefined;
  private failed: Step | undefined;
  private limit = 0;
  private progress: Progress = { steps: [] };

  /** Takes the reply to a frame; returns the progress after it. */
  next({ activeLiveness: told, errors }: Pick<Stats, "activeLiveness" | "errors">): Progress {
    if (told) {
      this.progress = this.follow(told);
      this.last = told;
    } else if (this.last) {
      const { steps, time } = this.progress; // such as a frame without a face
      this.progress = time ? { steps, time } : { steps };
    } else {
      this.progress = {
        steps: errors
          .flatMap((code) => ASKED.get(code) ?? [])
          .slice(0, 1)
          .map((name) => named(name, "now")),
      };
    }
    return this.progress;
  }

  private follow({ step, steps, action, state, remainingMs: left, failure }: ActiveLiveness): Progress {
    const last = this.last;
    const over = state === "done";
    if (failure !== undefined) this.failed = named(last && this.names[last.step], "failed");
    else if (over || step !== last?.step) this.failed = undefined;
    if (!over) this.names[step] = ACTIONS.get(action);
    const all = Array.from({ length: steps }, (_, n): Step => {
      if (over || n + 1 < step) return named(this.names[n + 1], "done");
      return n + 1 === step ? named(this.names[step], "now") : { state: "later" };
    });
    if (this.failed) all.splice(step - 1, 0, this.failed);
    const same = last?.step === step && last.state === state && failure === undefined;
    this.limit = left === undefined ? 0 : Math.max(left, same ? this.limit : 0);
    return {
      steps: all,
      ...(failure !== undefined && { failure }),
      ...(left !== undefined && (state === "act" || state === "return") && { time: { left, of: this.limit } }),
    };
  }
}
