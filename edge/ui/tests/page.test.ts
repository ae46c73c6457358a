import { test } from "node:test";
import assert from "node:assert/strict";
import { frameSize } from "../lib/frame_size";
import { FAILURES } from "../lib/errors";
import { FIGURES, figureFor } from "../lib/figures";
import { arrowOnScreen, choosePrompt, PROMPT_NAMES, PROMPTED_CODES, PromptPacer } from "../lib/prompts";
import type { ActiveLiveness } from "../lib/lpproto";
import { STEP_FAILURES, StepTracker } from "../lib/steps";
import { targetOrigin } from "../page/host";
import { chooseLanguage, lang, texts } from "../page/language";
import { Light } from "../page/light";
import { Reasons } from "../page/reasons";
import { describe } from "../page/result";
import { readableOn } from "../page/theme";
import en from "../texts/en";
import ru from "../texts/ru";

const name = (...errors: number[]) => choosePrompt(errors).name;

test("every code that a user can act on has its own text", () => {
  const codes = [
    3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 26, 28, 29, 30, 38, 50, 51, 61, 62, 63, 64, 65, 66, 67, 68, 112,
    114,
  ];
  assert.deepEqual(PROMPTED_CODES, codes);
  for (const code of codes) {
    const prompt = choosePrompt([code]);
    assert.ok(prompt.name !== "hold", `code ${code}`);
    assert.equal(prompt.code, code);
  }
  for (const { prompts, operatorPrompts } of [en, ru]) {
    for (const [prompt, { length }] of [...Object.entries(prompts), ...Object.entries(operatorPrompts)]) {
      assert.ok(length > 0 && length <= 48, `${prompt}: ${length} letters`);
    }
  }
});

test("every prompt has a figure, and those with a direction have one for each", () => {
  for (const prompt of PROMPT_NAMES) assert.ok(FIGURES[prompt].path.startsWith("M"), prompt);
  assert.equal(figureFor(choosePrompt([64]), "selfie"), FIGURES.turnRight);
  assert.equal(figureFor(choosePrompt([64]), "operator"), FIGURES.turnLeft);
  assert.equal(figureFor(choosePrompt([14]), "selfie"), FIGURES.moveUp);
  assert.equal(figureFor(choosePrompt([14]), "operator"), FIGURES.moveDown);
  assert.equal(figureFor(choosePrompt([23]), "operator"), FIGURES.chinUp);
});

test("an operator's arrows fit a picture that is not mirrored, and a camera that moves", () => {
  const arrows = (code: number) => [arrowOnScreen(choosePrompt([code]), "selfie"), arrowOnScreen(choosePrompt([code]), "operator")];
  assert.deepEqual(arrows(64), ["right", "left"]);
  assert.deepEqual(arrows(20), ["left", "right"]);
  assert.deepEqual(arrows(67), ["up", "up"]);
  assert.deepEqual(arrows(14), ["up", "down"]); // the camera lower
  assert.deepEqual(arrows(15), ["left", "left"]); // the camera to the left
  assert.deepEqual(arrows(8), [undefined, undefined]);
});

test("codes that users cannot act on show the prompt to hold still", () => {
  for (const errors of [[], [37], [60], [32], [102, 33], [100], [108], [109], [113], [115], [999]]) assert.equal(name(...errors), "hold");
});

test("an action comes first, then the first code to correct", () => {
  assert.equal(name(3, 8, 64), "turnRight");
  assert.equal(name(5, 3), "moreLight");
  assert.equal(name(37, 3), "blurred");
  assert.equal(name(32, 12), "closer");
  assert.equal(name(63, 65), "straight");
});

test("eyes that cannot be seen are asked for before an action of the eyes, and not while the head turns", () => {
  assert.equal(name(29), "sunglasses");
  assert.equal(name(50), "uncoverEyes");
  assert.equal(name(29, 62), "sunglasses");
  assert.equal(name(50, 61), "uncoverEyes");
  assert.equal(name(50, 29, 64), "turnRight");
});

test("directions are the user's, and arrows match them in the mirrored picture", () => {
  for (const [code, arrow] of [
    [19, "right"],
    [64, "right"],
    [20, "left"],
    [65, "left"],
    [23, "up"],
    [67, "up"],
    [24, "down"],
    [68, "down"],
  ] as const) {
    const prompt = choosePrompt([code]);
    assert.equal(prompt.arrow, arrow);
    if (arrow === "left" || arrow === "right") assert.ok(en.prompts[prompt.name].includes(arrow));
  }
  assert.equal(en.prompts[choosePrompt([67]).name], "Raise your chin");
  assert.equal(en.prompts[choosePrompt([68]).name], "Lower your chin");
});

test("a plugin's code is shown only with a text from the config", () => {
  const words = { "1100": "Please take off your hat", "1200": "Keep the light as it is", "999": "x" };
  assert.deepEqual(choosePrompt([1100], words), { name: "plugin", code: 1100 });
  assert.equal(choosePrompt([1100]).name, "hold");
  assert.equal(choosePrompt([999, 10000], { ...words, "10000": "x" }).name, "hold");
  assert.equal(choosePrompt([1100, 64], words).name, "turnRight");
  assert.equal(choosePrompt([37, 1100, 8], words).code, 1100);
  const pacer = new PromptPacer();
  const show = (code: number, at: number) => pacer.next(choosePrompt([code], words), at).code;
  assert.equal(show(1100, 0), 1100);
  assert.equal(show(1200, 1000), 1100);
  assert.equal(show(1200, 1300), 1200); // another text is another prompt
});

test("prompts stay long enough to be read; actions may follow sooner", () => {
  const pacer = new PromptPacer();
  const show = (code: number, at: number) => pacer.next(choosePrompt([code]), at).name;
  assert.equal(show(8, 0), "noFace");
  assert.equal(show(37, 300), "noFace");
  assert.equal(show(8, 900), "noFace");
  assert.equal(show(37, 1000), "noFace"); // a single frame changes nothing
  assert.equal(show(37, 1001), "hold");
  assert.equal(show(64, 1300), "hold");
  assert.equal(show(64, 1401), "turnRight");
  assert.equal(show(63, 1701), "turnRight");
  assert.equal(show(63, 1801), "straight");
  assert.equal(show(37, 2101), "straight");
  assert.equal(show(37, 2802), "hold");
});

test("pictures keep the camera's aspect ratio, with even sides", () => {
  const size = (width: number, height: number, limit?: { width?: number; height?: number }) =>
    Object.values(frameSize({ width, height }, limit)).join("x");
  assert.equal(size(640, 480), "640x480");
  assert.equal(size(480, 640), "480x640");
  assert.equal(size(1280, 720), "854x480");
  assert.equal(size(1080, 1920), "480x854");
  assert.equal(size(320, 240), "320x240");
  assert.equal(size(1280, 720, { width: 640, height: 480 }), "640x360");
  assert.equal(size(720, 1280, { width: 640, height: 480 }), "360x640");
  assert.equal(size(1280, 720, { width: 640 }), "640x360");
  assert.equal(size(1280, 720, { height: 4000, width: 4000 }), "1280x720");
});

/** Returns a function that passes what the server tells to a tracker, and returns the steps in words. */
function tracking() {
  const tracker = new StepTracker();
  const next = (activeLiveness?: Partial<ActiveLiveness>, ...errors: number[]) => {
    const told: ActiveLiveness | undefined = activeLiveness && {
      step: 1,
      steps: 3,
      action: "blink",
      state: "rest",
      failedSteps: 0,
      ...activeLiveness,
    };
    return tracker.next({ errors, ...(told && { activeLiveness: told }) });
  };
  const steps = (...args: Parameters<typeof next>) => next(...args).steps.map(({ name, state }) => (name ? `${name} ${state}` : state));
  return { next, steps };
}

test("the steps are those that the server tells", () => {
  const { steps } = tracking();
  assert.deepEqual(steps(undefined, 8), []);
  assert.deepEqual(steps({}, 61), ["blink now", "later", "later"]);
  assert.deepEqual(steps({ state: "act" }, 62), ["blink now", "later", "later"]);
  assert.deepEqual(steps(undefined, 8), ["blink now", "later", "later"]);
  assert.deepEqual(steps({ state: "return" }, 61), ["blink now", "later", "later"]);
  assert.deepEqual(steps({ step: 2, action: "yaw_right" }, 63), ["blink done", "turnRight now", "later"]);
  assert.deepEqual(steps({ step: 3, action: "hop" }, 63), ["blink done", "turnRight done", "now"]);
  assert.deepEqual(steps({ step: 3, action: "", state: "done" }, 37), ["blink done", "turnRight done", "done"]);
});

test("a failed try is never shown as done", () => {
  const { next, steps } = tracking();
  assert.deepEqual(steps({ action: "pitch_up", state: "act" }, 67), ["raiseChin now", "later", "later"]);
  const failed = next({ action: "yaw_left", failedSteps: 1, failure: "too_slow" }, 63);
  assert.equal(failed.failure, "too_slow");
  assert.deepEqual(
    failed.steps.map(({ name, state }) => `${name} ${state}`),
    ["raiseChin failed", "turnLeft now", "undefined later", "undefined later"],
  );
  const after = next({ action: "yaw_left", state: "act", failedSteps: 1 }, 65);
  assert.equal(after.failure, undefined);
  assert.equal(after.steps[0]?.state, "failed");
  assert.deepEqual(steps({ step: 2, action: "pitch_up", failedSteps: 1 }, 66), ["turnLeft done", "raiseChin now", "later"]);
  assert.deepEqual(steps({ step: 2, action: "blink", failedSteps: 2, failure: "jump" }, 61), [
    "turnLeft done",
    "raiseChin failed",
    "blink now",
    "later",
  ]);
});

test("without being told, no step is ticked", () => {
  const { steps } = tracking();
  assert.deepEqual(steps(undefined, 67), ["raiseChin now"]);
  assert.deepEqual(steps(undefined, 63), []);
  assert.deepEqual(steps(undefined, 3, 65), ["turnLeft now"]);
  assert.deepEqual(steps(undefined, 37), []);
});

test("the time that remains is a part of what there was", () => {
  const { next } = tracking();
  assert.equal(next({ state: "rest", remainingMs: 9000 }).time, undefined);
  assert.deepEqual(next({ state: "act", remainingMs: 10_000 }).time, { left: 10_000, of: 10_000 });
  assert.deepEqual(next({ state: "act", remainingMs: 2500 }).time, { left: 2500, of: 10_000 });
  assert.deepEqual(next(undefined, 8).time, { left: 2500, of: 10_000 });
  assert.deepEqual(next({ state: "return", remainingMs: 5000 }).time, { left: 5000, of: 5000 });
  assert.deepEqual(next({ state: "act", remainingMs: 4000, failure: "jump" }).time, { left: 4000, of: 4000 });
  assert.equal(next({ state: "act" }).time, undefined);
});

test("colours change at most three times a second, and stay while a face is lost for a moment", () => {
  const light = new Light();
  const show = (at: number, colour?: string, ...errors: number[]) => light.next({ errors, ...(colour && { display: { colour } }) }, at);
  assert.equal(show(0), "");
  assert.equal(show(400, "#ff0000"), "#ff0000");
  assert.equal(show(500, "#00ff00"), "#ff0000");
  assert.equal(show(800, "#00ff00"), "#00ff00");
  assert.equal(show(1800, undefined, 8), "#00ff00");
  assert.equal(show(2900, undefined, 8), "");
  assert.equal(show(3300, "#0000ff"), "#0000ff");
  assert.equal(show(3700, undefined, 37), "");
  const seen: string[] = [];
  for (let at = 10_000; at < 11_000; at += 20) seen.push(show(at, at % 40 === 0 ? "#ffffff" : "#000000"));
  assert.ok(seen.filter((colour, n) => n > 0 && colour !== seen[n - 1]).length <= 3);
});

test("an end is explained by what happened in the check", () => {
  const slow = new Reasons();
  assert.equal(slow.textFor("actionsFailed"), "actionsFailed");
  slow.note(choosePrompt([63]), "too_slow");
  assert.equal(slow.textFor("actionsFailed"), "actionsTooSlow");
  assert.equal(slow.textFor("fake"), "fake");
  slow.note(choosePrompt([63]), "jump");
  assert.equal(slow.textFor("actionsFailed"), "actionsFailed");

  const dark = new Reasons();
  for (const codes of [[12], [5], [64], [5], [32], [37]]) dark.note(choosePrompt(codes));
  assert.equal(dark.mostly("livenessAttempts")?.name, "moreLight");
  assert.equal(dark.mostly("differentFace"), undefined);
  const light = new Reasons();
  for (const codes of [[64], [32], [37]]) light.note(choosePrompt(codes));
  assert.equal(light.mostly("livenessAttempts"), undefined);
  for (const { failures } of [en, ru]) {
    for (const { title, text } of [failures.attempts, failures.livenessAttempts]) assert.ok(!/light|свет/i.test(title + text), text);
  }
});

test("every reason of a failed try has its own text", () => {
  for (const { stepFailures } of [en, ru]) {
    assert.deepEqual(Object.keys(stepFailures), [...STEP_FAILURES, "other"]);
    assert.equal(new Set(Object.values(stepFailures)).size, STEP_FAILURES.length + 1);
    for (const text of Object.values(stepFailures)) assert.ok(text.length <= 64, text);
  }
});

test("catalogues are complete: the same keys, no empty texts", () => {
  const keys = (value: unknown, path = ""): string[] => {
    if (typeof value === "string") {
      assert.ok(value.trim() !== "", path);
      return [path];
    }
    return Object.entries(value as object).flatMap(([key, inner]) => keys(inner, `${path}.${key}`));
  };
  const free = (path: string) => !path.startsWith(".states"); // values of the server, which are English already
  assert.deepEqual(keys(ru).filter(free).sort(), keys(en).filter(free).sort());
  for (const failure of FAILURES) assert.ok(en.failures[failure].title !== "");
});

test("the first wanted language with a catalogue is chosen", async () => {
  await chooseLanguage([null, "xx", "RU-ru", "en"]);
  assert.equal(lang, "ru");
  assert.equal(texts.again, ru.again);
  await chooseLanguage(["../en", "xx"]);
  assert.equal(lang, "ru");
  await chooseLanguage(["en-GB"]);
  assert.equal(lang, "en");
});

test("a host is notified only if its origin is known", () => {
  const own = "https://selene.example";
  assert.equal(targetOrigin("https://shop.example", ["https://shop.example"], own), "https://shop.example");
  assert.equal(targetOrigin(null, ["https://shop.example"], own), "https://shop.example");
  assert.equal(targetOrigin(own, undefined, own), own);
  for (const [asked, allowed] of [
    ["https://shop.example", undefined],
    ["https://shop.example", []],
    ["https://evil.example", ["https://shop.example"]],
    [null, undefined],
    ["*", undefined],
    ["https://shop.example/path", undefined],
    [null, ["https://a.example", "https://b.example"]],
    ["null", undefined],
  ] as const) {
    assert.equal(targetOrigin(asked, allowed as string[] | undefined, own), undefined, String(asked));
  }
});

test("text on the accent colour is black or white, whichever is readable", () => {
  assert.equal(readableOn("#1d4ed8"), "#ffffff");
  assert.equal(readableOn("#ff0"), "#000000");
  assert.equal(readableOn("#7aa2ff"), "#000000");
});

test("estimations become a readable list", () => {
  const groups = describe(
    {
      faceCount: 1,
      ags: null,
      headPose: { yaw: -3.14159, roll: 0, pitch: 2 },
      imageQuality: { blur: 0.91234, isBlurred: false },
      faceFramePosition: { faceRect: { x: 135, y: 167, width: 243, height: 336 }, margins: [167, 102, 137, 135] },
      eyeglasses: "no_glasses",
      newThing: { odd: "x" },
    },
    en,
  );
  assert.deepEqual(groups[0], {
    title: "",
    rows: [
      { label: "Faces in the picture", value: "1" },
      { label: "Overall quality", value: "not measured" },
      { label: "Glasses", value: "none" },
    ],
  });
  const rows = Object.fromEntries(groups.flatMap((group) => group.rows.map((row) => [`${group.title}/${row.label}`, row.value])));
  assert.equal(rows["Head pose/Turn"], "-3.1°");
  assert.equal(rows["Image quality/Sharpness"], "0.912");
  assert.equal(rows["Image quality/Blurred"], "no");
  assert.equal(rows["Face position/Face"], "243 × 336 px, at 135, 167");
  assert.equal(rows["Face position/Margins (top, right, bottom, left)"], "167, 102, 137, 135");
  assert.equal(rows["newThing/newThing.odd"], "x");
});
