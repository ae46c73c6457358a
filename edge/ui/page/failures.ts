// From whatever ended a check to the words that explain it.
import { FrameRefused } from "../lib/check";
import { SessionEnd } from "../lib/session";
import { CameraError } from "./camera";
import type { FailureName } from "./texts";

const BY_CLOSE: Readonly<Record<number, FailureName>> = {
  1000: "lost", // a success is told before it
  1002: "outdated",
  1003: "picture",
  1008: "outdated",
  1009: "picture",
  1011: "internal",
  4001: "attempts",
  4002: "livenessAttempts",
  4003: "differentFace",
  4004: "fake",
  4008: "timeout",
};

const BY_ERROR: Readonly<Record<number, FailureName>> = {
  1000: "internal",
  1001: "outdated",
  1002: "picture",
  1003: "picture",
  1004: "outdated",
  1005: "outdated",
  1006: "internal",
  1007: "session",
  1008: "picture",
  1009: "busy",
};

/** What happened, and a short reference for whoever is asked for help. */
export interface Explained {
  name: FailureName;
  reference: string;
}

export function explain(error: unknown): Explained {
  if (error instanceof CameraError) return { name: error.kind, reference: error.detail };
  if (error instanceof FrameRefused) return { name: BY_ERROR[error.code] ?? "internal", reference: `ERROR ${error.code}` };
  if (error instanceof SessionEnd) return explainEnd(error);
  return { name: "internal", reference: error instanceof Error ? error.message : String(error) };
}

function explainEnd(end: SessionEnd): Explained {
  switch (end.reason) {
    case "unreachable":
      return { name: "unreachable", reference: "" };
    case "lost":
    case "silent":
      return { name: "lost", reference: end.code ? `close ${end.code}` : "" };
    case "closed":
      return { name: BY_CLOSE[end.code] ?? "internal", reference: `close ${end.code}` };
    case "error":
      return { name: BY_ERROR[end.code] ?? "internal", reference: `ERROR ${end.code}` };
    case "protocol":
      return { name: "outdated", reference: end.message };
    case "left":
      return { name: "cancelled", reference: "" };
  }
}
