// All texts of the user page. A new language is a new file next to this one, with the same keys: `de.ts` is used if the
// browser or `?lang=de` requests it.
import type { FailureName } from "../lib/errors";
import type { PromptName } from "../lib/prompts";
import type { ActionName, StepFailure } from "../lib/steps";

/** Prompts must be readable at a glance: at most two short lines on a phone, about 48 characters. */
export const prompts: Record<PromptName, string> = {
  connecting: "Connecting…",
  reconnecting: "Connection lost. Reconnecting…",
  ready: "Place your face in the oval",
  still: "The camera has stopped. Waiting for it…",
  black: "The picture is black. Uncover the camera",
  tap: "Tap here to start the camera",
  hold: "Hold still, look at the camera",
  blurred: "Hold the camera steady",
  lessLight: "Too bright. Move away from the light",
  moreLight: "Too dark. Find more light",
  evenLight: "Turn until the light on your face is even",
  glare: "Too much glare. Turn away from the lamp",
  noFace: "Place your face in the oval",
  oneFace: "Only one person should be in the picture",
  closer: "Come a little closer",
  farther: "Move a little farther away",
  moveUp: "Move up a little, or lower the camera",
  moveDown: "Move down a little, or raise the camera",
  moveLeft: "Move a little to your left",
  moveRight: "Move a little to your right",
  faceRight: "Face the camera: turn a little to your right",
  faceLeft: "Face the camera: turn a little to your left",
  tiltLeft: "Device upright, head a little to your left",
  tiltRight: "Device upright, head a little to your right",
  chinUp: "Raise your chin a little",
  chinDown: "Lower your chin a little",
  uncover: "Uncover your mouth and nose",
  glasses: "Please take off your glasses",
  sunglasses: "Please take off your sunglasses",
  uncoverEyes: "Uncover your eyes: lift hair, hat or hand",
  sameCamera: "Hold the camera the same way as at the start",
  quality: "Not clear. Wipe the lens or find better light",
  stir: "Blink, and turn your head a little",
  eyesOpen: "Keep your eyes open",
  openEyes: "Open your eyes",
  closeEyes: "Close your eyes",
  straight: "Look straight at the camera",
  turnRight: "Turn your head to your right",
  turnLeft: "Turn your head to your left",
  raiseChin: "Raise your chin",
  lowerChin: "Lower your chin",
  colours: "Hold still while the colours change",
  plugin: "Something needs fixing first",
};

/** Prompts that differ when an operator holds the camera. */
const operatorPrompts: Partial<Record<PromptName, string>> = {
  ready: "Place the person's face in the oval",
  hold: "Hold the camera still",
  stir: "Ask them to blink and turn a little",
  noFace: "Place the person's face in the oval",
  closer: "Move the camera closer",
  farther: "Move the camera farther away",
  moveUp: "Lower the camera a little",
  moveDown: "Raise the camera a little",
  moveLeft: "Move the camera a little to the left",
  moveRight: "Move the camera a little to the right",
};

/** Actions of active liveness, as short as a label. */
const actions: Record<ActionName, string> = {
  blink: "Blink",
  turnRight: "Turn right",
  turnLeft: "Turn left",
  raiseChin: "Chin up",
  lowerChin: "Chin down",
};

/** Why an action did not count, as short as a prompt of two lines. */
export const stepFailures: Record<StepFailure | "other", string> = {
  too_slow: "That took too long, let's try another one",
  too_fast: "That was too quick, let's try another one, more slowly",
  other_action: "That was a different movement, let's try another one",
  face_lost: "Your face was out of sight, let's try another one",
  jump: "The picture jumped. Let's try another one, steadily",
  not_a_turn: "We did not see your head turn. Try another one, more slowly",
  same_picture: "Your face did not change. Blink, and let's try another one",
  bent_picture: "Keep looking at the screen as you turn. Let's try another one",
  other: "That did not work, let's try another one",
};

/** A failure in words: what happened, and what to do. */
export interface Failure {
  title: string;
  text: string;
}

/** `actionsTooSlow` is `actionsFailed` when every action was too slow. */
const failures: Record<FailureName | "actionsTooSlow", Failure> = {
  cameraRefused: {
    title: "Camera access was denied",
    text: "Allow this page to use the camera (use the camera icon in the address bar, or your browser's settings), then try again. If you are inside another app, open this page in your browser.",
  },
  cameraBlocked: {
    title: "This device blocks the camera",
    text: "The system, or whoever manages this device, does not let the browser use the camera. Open the privacy settings of the device, allow the camera for your browser, then try again.",
  },
  cameraEmbedded: {
    title: "The camera is not available inside this page",
    text: "The site around this check does not pass the camera on to it. Open the check in a window of its own, or contact the provider of the site.",
  },
  cameraAbsent: {
    title: "No camera was found",
    text: "Connect a camera or switch it on, allow it in the privacy settings of this device, or open this page on a phone. Then try again.",
  },
  cameraUnsuitable: {
    title: "There is no such camera",
    text: "The chosen camera is not connected any more, or no camera of this device is as the check needs it. Try again with another camera, or open this page on a phone.",
  },
  cameraBusy: {
    title: "The camera could not be started",
    text: "Another app may be using it. Close other apps that use the camera, then try again. If that does not help, restart the device.",
  },
  cameraInsecure: {
    title: "The camera is not available here",
    text: "Browsers allow camera access only on secure pages. Open this page with https://, or as localhost on this computer.",
  },
  cameraUnsupported: {
    title: "Open this page in your browser",
    text: "This app shows pages without access to the camera. Open this page in your browser, such as Safari, Chrome or Firefox: choose “Open in browser” in the menu, or copy the address.",
  },
  cameraTap: {
    title: "Tap to start the camera",
    text: "Your browser shows the camera's picture only after a tap. Tap the button. On an iPhone, low power mode may be the reason.",
  },
  cameraStopped: {
    title: "The camera stopped",
    text: "It was unplugged, switched off, or taken over by a call or another app. Check it, then try again.",
  },
  cameraBlack: {
    title: "The camera's picture is black",
    text: "Open the cover or switch of the camera, uncover its lens, and close other apps that use it. Then try again.",
  },
  cameraTimeout: {
    title: "Camera access was not allowed",
    text: "The browser asked for permission to use the camera and got no answer. Try again and choose “Allow”. If you see no question, open this page in another browser.",
  },
  unreachable: {
    title: "The server cannot be reached",
    text: "Check your internet connection, then try again.",
  },
  lost: {
    title: "The connection was lost",
    text: "The check was interrupted. Check your internet connection, then try again.",
  },
  noReply: {
    title: "The server is not responding",
    text: "It took too long to evaluate a picture. Try again in a moment.",
  },
  cancelled: {
    title: "Check cancelled",
    text: "There is no result. The camera is off. You can start again when you are ready.",
  },
  attempts: {
    title: "Too many pictures could not be used",
    text: "Keep your face in the oval and follow the prompts as they appear. Then try again.",
  },
  livenessAttempts: {
    title: "We could not confirm a live person",
    text: "Look into the camera in person, not through a screen or a photo. Then try again.",
  },
  actionsFailed: {
    title: "The actions were not recognised",
    text: "Some of the movements differed from what was asked, or could not be seen clearly. Try again: keep your face in the picture and do each movement slowly.",
  },
  actionsTooSlow: {
    title: "The actions were not finished in time",
    text: "Try again, and do each movement as soon as you are asked.",
  },
  differentFace: {
    title: "The face changed during the check",
    text: "The same person must stay in front of the camera from start to finish. Try again with nobody else in the picture.",
  },
  fake: {
    title: "We could not confirm a live person",
    text: "This session cannot be continued. Start again with your own face in front of the camera.",
  },
  tookTooLong: {
    title: "Time ran out",
    text: "The check was not finished in time. Try again and follow each prompt as soon as it appears.",
  },
  timeout: {
    title: "The check was paused for too long",
    text: "The service received no pictures for a while and ended the check. Try again and keep this page open until the result appears.",
  },
  notMeasured: {
    title: "The service could not complete the check",
    text: "This is not your fault: a measurement was not available. There is no result. Try again later.",
  },
  picture: {
    title: "The picture could not be read",
    text: "The server could not use the pictures from this camera. Try again, or use another browser or camera.",
  },
  busy: {
    title: "The service is busy",
    text: "It cannot start another check right now. Wait a minute, then try again.",
  },
  session: {
    title: "This check cannot be opened",
    text: "It is open in another window, has already ended, or its link has expired. Close other windows with this page, or ask for a new link.",
  },
  lockedOut: {
    title: "Too many checks have failed",
    text: "For security, no new check can be started for a while. Wait some time before you try again, or contact the provider of this service.",
  },
  colours: {
    title: "This check needs changing colours",
    text: "It lights your face with colours, and your system asks pages for reduced motion. Nothing was shown. Ask the provider of this service for a check without colours.",
  },
  internal: {
    title: "Something went wrong on our side",
    text: "This is not your fault, and there is no result. Try again in a moment.",
  },
  outdated: {
    title: "The page and the server are incompatible",
    text: "Reload the page. If this happens again, contact the provider of this service.",
  },
};

const en = {
  brand: "Selene",
  title: "Face check",
  intro: {
    title: "Confirm that it's you",
    lead: "Look into the camera and follow the prompts. It takes less than a minute.",
    steps: [
      "Find even light, with no window behind you",
      "Keep your face inside the oval, with nobody else in the picture",
      "Follow the prompts: look, turn, blink",
    ],
    camera:
      "Your browser will ask for permission to use the camera. The camera is on only during the check; its pictures are sent to this service to be evaluated.",
    start: "Start the camera",
    asking: "Waiting for the camera…",
    askingHint: "Your browser is asking for permission to use the camera. Choose “Allow”.",
    askingLong: "Still waiting. If you see no question, check the address bar, or open this page in your usual browser.",
    tap: "Tap to start the camera",
    tapHint: "Your browser shows the camera's picture only after a tap.",
  },
  setup: {
    title: "Get ready",
    settings: "Camera settings",
    start: "Start the check",
    camera: "Camera",
    cameraNumber: "Camera {number}",
    zoom: "Zoom",
    mode: "Who holds the camera",
    selfie: "I do",
    operator: "Someone else",
  },
  live: {
    title: "Face check",
    picture: "Camera picture",
    cancel: "Cancel",
    steps: "Steps of the check",
    step: "Step {step} of {steps}",
    left: "{seconds} s left for this step",
    states: { now: "now", done: "done", failed: "did not count", later: "later" },
  },
  success: {
    title: "Check passed",
    lead: "One live person was in front of the camera. The camera is off.",
    bestshot: "Best picture of the check",
    details: "Measurements",
    token: "Signed token",
    tokenHint: "Decoded here without verifying its signature; the service that relies on the token verifies it with the key.",
    redirect: "You will be redirected in a moment.",
    continue: "Continue",
  },
  failure: { reference: "Reference", mostly: "Most often the page had to ask: “{prompt}”." },
  again: "Try again",
  test: {
    link: "Test the camera",
    title: "Camera test",
    lead: "The camera is on while this page tests it. No picture leaves this device.",
    running: "testing…",
    fine: "The camera works. You can start the check.",
    start: "To the check",
    rows: {
      secure: "Secure page",
      api: "Camera access in this browser",
      policy: "Allowed by the pages around this one",
      permission: "Permission",
      cameras: "Cameras found",
      opened: "Camera",
      pictures: "New pictures in two seconds",
      server: "Server",
    },
    reached: "can be reached",
    unreached: "cannot be reached",
    unknown: "the browser does not say",
    states: { granted: "granted", denied: "denied", prompt: "will be asked for" } as Record<string, string>,
  },
  facts: { isOk: "Result", jti: "Session", iat: "Signed at", codes: "Codes", passed: "passed", failed: "not passed" },
  values: { place: "{size}, at {at}", yes: "yes", no: "no", absent: "not measured" },
  /** Texts for values of the server; a value without a text is shown as it is. */
  states: { no_glasses: "none" } as Record<string, string>,
  /** Names of measurements by path in `estimations`; a measurement without a name is shown with its path. */
  estimations: {
    faceCount: "Faces in the picture",
    ags: "Overall quality",
    imageQuality: "Image quality",
    "imageQuality.blur": "Sharpness",
    "imageQuality.isBlurred": "Blurred",
    "imageQuality.light": "Not too bright",
    "imageQuality.isHighlighted": "Too bright",
    "imageQuality.darkness": "Not too dark",
    "imageQuality.isDark": "Too dark",
    "imageQuality.illumination": "Evenness of light",
    "imageQuality.isIlluminated": "Unevenly lit",
    "imageQuality.specularity": "Absence of glare",
    "imageQuality.isSpecular": "Glare",
    faceFramePosition: "Face position",
    "faceFramePosition.faceRect": "Face",
    "faceFramePosition.frameRect": "Frame",
    "faceFramePosition.margins": "Margins (top, right, bottom, left)",
    headPose: "Head pose",
    "headPose.yaw": "Turn",
    "headPose.pitch": "Chin",
    "headPose.roll": "Tilt",
    eyes: "Eyes",
    "eyes.left": "Left eye",
    "eyes.right": "Right eye",
    "eyes.state": "Eyes",
    mouth: "Mouth",
    "mouth.opened": "Open",
    "mouth.smile": "Smile",
    "mouth.occluded": "Covered",
    "mouth.state": "State",
    eyeglasses: "Glasses",
    liveness: "Liveness",
    "liveness.score": "Score",
    deepfake: "Deepfake check",
    "deepfake.score": "Score",
    "deepfake.state": "State",
    imageModification: "Image editing check",
    "imageModification.score": "Score",
    "imageModification.state": "State",
  } as Record<string, string>,
  prompts,
  operatorPrompts,
  actions,
  stepFailures,
  failures,
};

export type Texts = typeof en;

export default en;
