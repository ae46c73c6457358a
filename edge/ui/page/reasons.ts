// What happened in a check, to explain its failure.
import type { FailureName } from "../lib/errors";
import type { Prompt } from "../lib/prompts";

/** The failures whose text is followed by what was most often asked of the user. */
const EXPLAINED: readonly FailureName[] = ["attempts", "livenessAttempts", "tookTooLong"];

export class Reasons {
  private readonly asked = new Map<string, { prompt: Prompt; times: number }>();
  private readonly failed: string[] = [];

  /** Takes the prompt that a frame requires and, if a try of an action failed with it, why. */
  note(prompt: Prompt, failure?: string): void {
    if (failure !== undefined) this.failed.push(failure);
    if (prompt.action || prompt.code === undefined) return;
    const key = `${prompt.name} ${prompt.code}`;
    this.asked.set(key, { prompt, times: (this.asked.get(key)?.times ?? 0) + 1 });
  }

  /** Returns the name of the text for a failure. */
  textFor(failure: FailureName): FailureName | "actionsTooSlow" {
    const slow = this.failed.length > 0 && this.failed.every((reason) => reason === "too_slow");
    return failure === "actionsFailed" && slow ? "actionsTooSlow" : failure;
  }

  /** Returns what the user was most often asked to correct, if it explains the failure. */
  mostly(failure: FailureName): Prompt | undefined {
    if (!EXPLAINED.includes(failure)) return undefined;
    return [...this.asked.values()].sort((a, b) => b.times - a.times)[0]?.prompt;
  }
}
