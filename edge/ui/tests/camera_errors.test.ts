import { test } from "node:test";
import assert from "node:assert/strict";
import { cameraFailure, type CameraFacts } from "../lib/camera_errors";

const rejected = (name: string, message = "", more = {}) => ({ name, message, ...more });

test("each rejection of getUserMedia becomes a failure that says what the person can do", () => {
  for (const [error, facts, failure, detail] of [
    // Chromium
    [rejected("NotAllowedError", "Permission denied"), { permission: "denied" }, "cameraRefused", "NotAllowedError: Permission denied"],
    [
      rejected("NotAllowedError", "Permission dismissed"),
      { permission: "prompt" },
      "cameraTimeout",
      "NotAllowedError: Permission dismissed",
    ],
    [rejected("NotAllowedError", "Permission denied by system"), { permission: "granted" }, "cameraBlocked"],
    [rejected("NotAllowedError", "Permission denied"), { policy: false, permission: "denied" }, "cameraEmbedded"],
    [rejected("NotFoundError", "Requested device not found"), {}, "cameraAbsent"],
    [rejected("NotReadableError", "Could not start video source"), {}, "cameraBusy"],
    [rejected("NotReadableError", "Device in use"), {}, "cameraBusy", "NotReadableError: Device in use"],
    [rejected("AbortError", "Timeout starting video source"), {}, "cameraBusy"],
    [rejected("OverconstrainedError", "", { constraint: "deviceId" }), {}, "cameraUnsuitable", "OverconstrainedError: deviceId"],
    [rejected("NotSupportedError", "Not supported"), {}, "cameraUnsupported"],
    // Firefox
    [
      rejected("NotAllowedError", "The request is not allowed by the user agent or the platform in the current context."),
      {},
      "cameraRefused",
    ],
    [rejected("NotFoundError", "The object can not be found here."), {}, "cameraAbsent"],
    [rejected("NotReadableError", "Failed to allocate videosource"), {}, "cameraBusy"],
    [rejected("AbortError", "Starting videoinput failed"), {}, "cameraBusy"],
    [rejected("SecurityError", "The operation is insecure."), {}, "cameraBlocked"],
    // Safari and its web views: the system can refuse although the person allowed the page.
    [rejected("NotAllowedError", "The request is not allowed ... possibly because the user denied permission."), {}, "cameraRefused"],
    [rejected("NotAllowedError", "The request is not allowed"), { permission: "granted" }, "cameraBlocked"],
    [rejected("OverconstrainedError", "Invalid constraint", { constraint: "facingMode" }), {}, "cameraUnsuitable"],
    [rejected("InvalidStateError", "A MediaStreamTrack ended due to a capture failure"), {}, "cameraBusy"],
    // older browsers and web views
    [rejected("PermissionDeniedError"), {}, "cameraRefused"],
    [rejected("PermissionDismissedError"), {}, "cameraTimeout"],
    [{ name: "PERMISSION_DENIED", code: 1 }, {}, "cameraRefused"],
    ["PERMISSION_DENIED", {}, "cameraRefused"],
    [rejected("DevicesNotFoundError"), {}, "cameraAbsent"],
    [rejected("ConstraintNotSatisfiedError"), {}, "cameraUnsuitable"],
    [rejected("TrackStartError"), {}, "cameraBusy"],
    [rejected("SourceUnavailableError"), {}, "cameraBusy"],
    // faults of a program, and what nobody knows
    [new TypeError("at least one of audio and video must be requested"), {}, "internal"],
    [rejected("NewError", "what?"), {}, "cameraBusy", "NewError: what?"],
    [{}, {}, "cameraBusy", "[object Object]"],
    [undefined, {}, "cameraBusy", "undefined"],
    [null, {}, "cameraBusy", "null"],
  ] as [unknown, CameraFacts, string, string?][]) {
    const got = cameraFailure(error, facts);
    assert.equal(got.failure, failure, JSON.stringify(error));
    if (detail !== undefined) assert.equal(got.detail, detail);
    assert.equal(got.cause, error);
  }
});
