import { CHECK_NAMES, type CheckCode } from "../lib/codes";

/** Names of check codes; a plugin's code has none. */
export const CODES: Readonly<Record<number, string>> = CHECK_NAMES;

/** Codes that only say that the check goes on. */
export const GOING_ON: ReadonlySet<number> = new Set<CheckCode>([37, 60, 61, 62, 63, 64, 65, 66, 67, 68]);
