import { CHECK_NAMES, type CheckCode } from "../lib/codes";

/** Names of check codes; codes of plugins have none. */
export const CODES: Readonly<Record<number, string>> = CHECK_NAMES;

/** Codes that merely continue the check. */
export const GOING_ON: ReadonlySet<number> = new Set<CheckCode>([37, 60, 61, 62, 63, 64, 65, 66, 67, 68]);
