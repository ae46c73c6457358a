// What the browser's refusals of a camera mean for the person: one table for all browsers, old and new.
import { type FailureName, PassError } from "./errors";

/** What the page can find out besides the error. */
export interface CameraFacts {
  /** Whether the policies of the page, and of the pages that embed it, let it use a camera; undefined if the browser does not say. */
  policy?: boolean | undefined;
  /** The camera permission of the page after the refusal; undefined if the browser does not say. */
  permission?: PermissionState | undefined;
}

/**
 * Failures by the name of what getUserMedia rejects with. Besides the names of the standard there are those of older browsers and
 * web views, which some of them reject with as plain objects.
 */
const BY_NAME: Readonly<Record<string, FailureName>> = {
  NotAllowedError: "cameraRefused",
  PermissionDeniedError: "cameraRefused",
  PERMISSION_DENIED: "cameraRefused",
  PermissionDismissedError: "cameraTimeout",
  SecurityError: "cameraBlocked",
  NotFoundError: "cameraAbsent",
  DevicesNotFoundError: "cameraAbsent",
  OverconstrainedError: "cameraUnsuitable",
  ConstraintNotSatisfiedError: "cameraUnsuitable",
  NotReadableError: "cameraBusy",
  TrackStartError: "cameraBusy",
  SourceUnavailableError: "cameraBusy",
  AbortError: "cameraBusy",
  InvalidStateError: "cameraBusy", // the page was not in front
  NotSupportedError: "cameraUnsupported",
  TypeError: "internal", // constraints that no browser understands
};

/** Returns the failure for a rejection of getUserMedia. Its detail says which one it was. */
export function cameraFailure(cause: unknown, facts: CameraFacts = {}): PassError {
  const { name = "", message = "", constraint = "" } = fieldsOf(cause);
  const detail = [name, message, constraint].filter(Boolean).join(": ");
  const failure = BY_NAME[name] ?? "cameraBusy";
  return new PassError(failure === "cameraRefused" ? refusal(message, facts) : failure, detail, { cause });
}

/** Says who refused: browsers reject alike whether it was the person, the system or a page around this one. */
function refusal(message: string, { policy, permission }: CameraFacts): FailureName {
  if (policy === false) return "cameraEmbedded";
  if (/by system/i.test(message) || permission === "granted") return "cameraBlocked";
  if (/dismissed/i.test(message)) return "cameraTimeout";
  return "cameraRefused";
}

/** Returns the failure for a page that has no getUserMedia, undefined if it has. */
export function missingCamera(): PassError | undefined {
  const devices = navigator.mediaDevices as Partial<MediaDevices> | undefined; // not every browser has it
  if (devices?.getUserMedia) return undefined;
  return new PassError(isSecureContext === false ? "cameraInsecure" : "cameraUnsupported", "no mediaDevices");
}

/** Asks the browser for what it tells about the camera permission; never rejects. */
export async function cameraFacts(): Promise<CameraFacts> {
  const { permissionsPolicy, featurePolicy } = document as PolicyDocument;
  const policy = (permissionsPolicy ?? featurePolicy)?.allowsFeature("camera");
  try {
    const { state } = await navigator.permissions.query({ name: "camera" as PermissionName });
    return { policy, permission: state };
  } catch {
    return { policy }; // not every browser knows this permission
  }
}

interface Policy {
  allowsFeature(name: string): boolean;
}

type PolicyDocument = Document & { permissionsPolicy?: Policy; featurePolicy?: Policy };

function fieldsOf(error: unknown): { name?: string; message?: string; constraint?: string } {
  if (typeof error !== "object" || error === null) return { name: String(error) };
  const { name, message, constraint } = error as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return { name: text(name) || String(error), message: text(message), constraint: text(constraint) };
}
