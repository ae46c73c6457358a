// Every word the page says. Another language is another file beside this one, of the same shape: `de.ts` is used where
// a browser, or `?lang=de`, asks for it.
import type { FailureName } from "../lib/errors";
import type { PromptName } from "../lib/prompts";
import type { ActionName } from "../lib/steps";

/** Prompts are read in a moment: at most two short lines on a phone, about 48 letters. */
export const prompts: Record<PromptName, string> = {
  connecting: "Connecting…",
  reconnecting: "Connection lost. Connecting again…",
  ready: "Place your face in the oval",
  hold: "Hold still, look at the camera",
  blurred: "Hold the camera steady",
  lessLight: "Too bright. Move away from the strong light",
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
  tiltLeft: "Tilt your head a little to your left",
  tiltRight: "Tilt your head a little to your right",
  chinUp: "Raise your chin a little",
  chinDown: "Lower your chin a little",
  uncover: "Uncover your mouth and nose",
  glasses: "Please take off your glasses",
  quality: "Not clear. Wipe the lens or find better light",
  eyesOpen: "Keep your eyes open",
  openEyes: "Open your eyes",
  closeEyes: "Close your eyes",
  straight: "Look straight at the camera",
  turnRight: "Turn your head to the right",
  turnLeft: "Turn your head to the left",
  raiseChin: "Raise your chin",
  lowerChin: "Lower your chin",
  plugin: "Something has to change first",
};

/** Where an operator holds the camera and reads the prompts, these differ. */
const operatorPrompts: Partial<Record<PromptName, string>> = {
  ready: "Place the person's face in the oval",
  hold: "Hold the camera still",
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

/** A failure told in words: what happened, and what to do. */
export interface Failure {
  title: string;
  text: string;
}

const failures: Record<FailureName, Failure> = {
  cameraRefused: {
    title: "The camera was not allowed",
    text: "Allow this page to use the camera (the camera sign in the address bar, or your browser's settings), then try again.",
  },
  cameraAbsent: {
    title: "No camera was found",
    text: "Connect a camera, or open this page on a phone, then try again.",
  },
  cameraBusy: {
    title: "The camera could not be started",
    text: "Another program may be using it. Close other programs that use the camera, then try again.",
  },
  cameraInsecure: {
    title: "The camera is not available here",
    text: "Browsers give the camera only to secure pages. Open this page with https://, or on this computer as localhost.",
  },
  cameraStopped: {
    title: "The camera stopped",
    text: "It was unplugged, switched off, or taken by another program. Check it, then try again.",
  },
  cameraTimeout: {
    title: "The camera was not allowed yet",
    text: "The browser asked whether this page may use the camera, and got no answer. Try again and choose “Allow”.",
  },
  unreachable: {
    title: "The server cannot be reached",
    text: "Check your internet connection, then try again.",
  },
  lost: {
    title: "The connection was lost",
    text: "The check stopped half-way. Check your internet connection, then try again.",
  },
  noReply: {
    title: "The server does not answer",
    text: "It took too long to judge a picture. Try again in a moment.",
  },
  cancelled: {
    title: "Check cancelled",
    text: "Nothing was decided. The camera is off. You can start again when you are ready.",
  },
  attempts: {
    title: "It took too many attempts",
    text: "Find even light, keep your face in the oval and follow the prompts, then try again.",
  },
  livenessAttempts: {
    title: "We could not confirm a live person",
    text: "Use good light and look into the camera yourself, not through a screen or a photo, then try again.",
  },
  differentFace: {
    title: "The face changed during the check",
    text: "One and the same person must stay in front of the camera from start to end. Try again alone in the picture.",
  },
  fake: {
    title: "We could not confirm a live person",
    text: "This session cannot be continued. Start again with your own face in front of the camera.",
  },
  timeout: {
    title: "The time ran out",
    text: "The check was not finished in time. Try again and follow the prompts without a pause.",
  },
  picture: {
    title: "The picture could not be read",
    text: "The server could not use the pictures from this camera. Try again, or use another browser or camera.",
  },
  busy: {
    title: "The service is busy",
    text: "It cannot take another check just now. Wait a minute, then try again.",
  },
  session: {
    title: "This check cannot be opened",
    text: "It is open in another window, has ended, or its link is too old. Close other windows with this page, or ask for a new link.",
  },
  internal: {
    title: "Something went wrong on our side",
    text: "It was not your fault, and nothing was decided. Try again in a moment.",
  },
  outdated: {
    title: "The page and the server do not match",
    text: "Reload the page. If it happens again, tell whoever runs this service.",
  },
};

const en = {
  brand: "Selene",
  title: "Face check",
  intro: {
    title: "Check that it is really you",
    lead: "Look into the camera and do what the prompts say. It takes less than a minute.",
    steps: [
      "Find even light, with no window behind you",
      "Keep your face inside the oval, alone in the picture",
      "Follow the prompts: look, turn, blink",
    ],
    camera:
      "Your browser will ask whether this page may use the camera. The camera is on only while the check runs; its pictures are sent to this service to be judged.",
    start: "Start the camera",
    asking: "Waiting for the camera…",
    askingHint: "Your browser is asking for the camera. Choose “Allow”.",
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
  live: { title: "Face check", picture: "Camera picture", cancel: "Cancel", steps: "Steps of the check", stepNow: "now", stepDone: "done" },
  success: {
    title: "You are confirmed",
    lead: "One live person was in front of the camera. The camera is off.",
    bestshot: "Best picture of the check",
    details: "What was measured",
    token: "Signed token",
    tokenHint: "Decoded here without checking its signature; the service that relies on it checks it with the key.",
    redirect: "You will be taken back in a moment.",
    continue: "Continue",
  },
  failure: { reference: "Reference" },
  again: "Try again",
  facts: { isOk: "Result", jti: "Session", iat: "Signed at", codes: "Codes", passed: "passed", failed: "not passed" },
  values: { place: "{size}, at {at}", yes: "yes", no: "no", absent: "not measured" },
  /** Words a server uses as values; one that is missing here is shown as it is. */
  states: { no_glasses: "none" } as Record<string, string>,
  /** Names of measured things, by their place in `estimations`; one that is missing here is shown by that place. */
  estimations: {
    faceCount: "Faces in the picture",
    ags: "Overall quality",
    imageQuality: "Picture",
    "imageQuality.blur": "Sharpness",
    "imageQuality.isBlurred": "Blurred",
    "imageQuality.light": "Not too bright",
    "imageQuality.isHighlighted": "Too bright",
    "imageQuality.darkness": "Not too dark",
    "imageQuality.isDark": "Too dark",
    "imageQuality.illumination": "Evenness of light",
    "imageQuality.isIlluminated": "Unevenly lit",
    "imageQuality.specularity": "Freedom from glare",
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
  failures,
};

export type Texts = typeof en;

export default en;
