import { test } from "node:test";
import assert from "node:assert/strict";
import { FrameRefused } from "../lib/check";
import { SessionEnd } from "../lib/session";
import { explain } from "../page/failures";
import { frameSize } from "../page/frame_size";
import { choosePrompt, frameInterval, PromptPacer } from "../page/prompts";
import { describe } from "../page/result";
import { en } from "../page/texts";

const name = (...errors: number[]) => choosePrompt(errors).name;

test("every code a person can act on has its own words", () => {
  const codes = [3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 26, 28, 30, 38, 51, 61, 62, 63, 64, 65, 66, 67, 68];
  for (const code of codes) {
    const prompt = choosePrompt([code]);
    assert.ok(prompt.name !== "hold", `code ${code}`);
    const { length } = en.prompts[prompt.name];
    assert.ok(length > 0 && length <= 48, `code ${code}: ${length} letters`);
  }
});

test("waiting codes and codes that are not for a person say hold still", () => {
  for (const errors of [[], [37], [60], [32], [102, 33], [100], [999]]) assert.equal(name(...errors), "hold");
});

test("an action comes first, then the first fault, never the wait", () => {
  assert.equal(name(3, 8, 64), "turnRight");
  assert.equal(name(5, 3), "moreLight");
  assert.equal(name(37, 3), "blurred");
  assert.equal(name(32, 12), "closer");
  assert.equal(name(63, 65), "straight");
});

test("directions are the person's own, and arrows point the same way in the mirrored picture", () => {
  for (const [code, arrow] of [[19, "right"], [64, "right"], [20, "left"], [65, "left"], [23, "up"], [67, "up"], [24, "down"], [68, "down"]] as const) {
    const prompt = choosePrompt([code]);
    assert.equal(prompt.arrow, arrow);
    if (arrow === "left" || arrow === "right") assert.ok(en.prompts[prompt.name].includes(arrow));
  }
  assert.equal(en.prompts[choosePrompt([67]).name], "Raise your chin");
  assert.equal(en.prompts[choosePrompt([68]).name], "Lower your chin");
});

test("prompts stay long enough to be read, actions may come sooner", () => {
  const pacer = new PromptPacer();
  const show = (code: number, at: number) => pacer.next(choosePrompt([code]), at).name;
  assert.equal(show(8, 0), "noFace");
  assert.equal(show(37, 300), "noFace");
  assert.equal(show(8, 900), "noFace");
  assert.equal(show(37, 1000), "hold");
  assert.equal(show(64, 1300), "hold");
  assert.equal(show(64, 1400), "turnRight");
  assert.equal(show(63, 1700), "turnRight");
  assert.equal(show(63, 1800), "straight");
  assert.equal(show(37, 2100), "straight");
  assert.equal(show(37, 2800), "hold");
});

test("frames are slow while something is asked of the person", () => {
  assert.ok(frameInterval(choosePrompt([64])) > frameInterval(choosePrompt([37])));
});

test("pictures keep the camera's aspect, with even sides", () => {
  assert.deepEqual(frameSize(640, 480), { width: 640, height: 480 });
  assert.deepEqual(frameSize(480, 640), { width: 480, height: 640 });
  assert.deepEqual(frameSize(1280, 720), { width: 854, height: 480 });
  assert.deepEqual(frameSize(1080, 1920), { width: 480, height: 854 });
  assert.deepEqual(frameSize(320, 240), { width: 320, height: 240 });
});

test("each way a check can end is told in words", () => {
  for (const [code, expected] of [[4001, "attempts"], [4002, "livenessAttempts"], [4003, "differentFace"], [4004, "fake"], [4008, "timeout"], [1011, "internal"], [4999, "internal"]] as const) {
    assert.equal(explain(new SessionEnd("closed", code)).name, expected);
  }
  for (const [code, expected] of [[1000, "internal"], [1002, "picture"], [1003, "picture"], [1008, "picture"]] as const) {
    assert.equal(explain(new FrameRefused(code)).name, expected);
  }
  assert.equal(explain(new SessionEnd("error", 1009)).name, "busy");
  assert.equal(explain(new SessionEnd("error", 1007)).name, "session");
  assert.equal(explain(new SessionEnd("lost", 1006)).name, "lost");
  assert.equal(explain(new SessionEnd("silent")).name, "lost");
  assert.equal(explain(new SessionEnd("left")).name, "cancelled");
  assert.deepEqual(explain(new Error("boom")), { name: "internal", reference: "boom" });
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
  assert.equal(rows["Picture/Sharpness"], "0.912");
  assert.equal(rows["Picture/Blurred"], "no");
  assert.equal(rows["Face position/Face"], "243 × 336 px, at 135, 167");
  assert.equal(rows["Face position/Margins (top, right, bottom, left)"], "167, 102, 137, 135");
  assert.equal(rows["newThing/newThing.odd"], "x");
});
