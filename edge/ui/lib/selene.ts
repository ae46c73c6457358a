// The client library.
export { SelenePass } from "./pass";
export type { CallOptions, PassEvents, PassOptions, Reconnect, Status, Timeouts } from "./pass";
export { cameras } from "./camera";
export type { ImageOptions, Mode, ZoomRange } from "./camera";
export type { Passed } from "./check";
export { FAILURES, PassError } from "./errors";
export type { FailureName } from "./errors";
export { decodeToken } from "./lpproto";
export type { ActiveLiveness, Check, Display, Result, Stats } from "./lpproto";
export { arrowOnScreen, choosePrompt, PROMPTED_CODES, PromptPacer } from "./prompts";
export type { Arrow, Prompt, PromptName } from "./prompts";
export { isStepFailure, STEP_FAILURES, StepTracker } from "./steps";
export type { ActionName, Progress, Step, StepFailure } from "./steps";
export { LunaPass } from "./compat/luna_pass";
export type { LunaPassOptions } from "./compat/luna_pass";
export { LPMessageRenderer } from "./compat/renderer";
export type { LPMessageRendererOptions } from "./compat/renderer";
export type { FrameStatus } from "./compat/frame_status";
