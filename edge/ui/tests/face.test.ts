import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { FaceDetector } from "../face/face";
import { floats } from "../face/net";

const SIDE = 128;
const file = (name: string) => readFileSync(new URL(name, import.meta.url));
const detector = FaceDetector.of(JSON.parse(String(file("face.json"))), new Uint8Array(file("face.bin")).buffer);

function picture(paint: (x: number, y: number) => number): Uint8ClampedArray {
  return Uint8ClampedArray.from({ length: SIDE * SIDE * 4 }, (_, i) => paint((i >> 2) % SIDE, Math.floor((i >> 2) / SIDE)));
}

test("half floats are decoded", () => {
  assert.deepEqual([...floats(Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x8000))], [1, -2, 0.333251953125, 2 ** -24, -0]);
});

test("pictures without a face are not mistaken for one", async () => {
  let seed = 1;
  const noise = () => (seed = (seed * 48271) % 2147483647) % 256;
  for (const paint of [
    () => 0,
    () => 128,
    () => 255,
    noise,
    (x: number, y: number) => (((x >> 3) + (y >> 3)) % 2) * 255,
    (x: number) => x * 2,
  ]) {
    assert.equal(await detector.look(picture(paint)), undefined);
  }
});

test("a drawn face is found where it is", async () => {
  const [cx, cy] = [64, 66];
  const inside = (x: number, y: number, rx: number, ry: number) => ((x / rx) ** 2 + (y / ry) ** 2 < 1 ? 1 : 0);
  const face = await detector.look(
    picture((x, y) => {
      const [dx, dy] = [x - cx, y - cy];
      if (inside(dx - 9, dy + 7, 4, 2.5) || inside(dx + 9, dy + 7, 4, 2.5)) return 30; // eyes
      if (inside(dx - 9, dy + 13, 6, 1.5) || inside(dx + 9, dy + 13, 6, 1.5)) return 60; // brows
      if (inside(dx, dy - 15, 8, 2)) return 90; // mouth
      if (inside(dx, dy - 4, 3, 6)) return 150; // nose
      if (inside(dx, dy, 23, 30)) return 195;
      if (inside(dx, dy + 14, 27, 28)) return 40; // hair
      return 235;
    }),
  );
  assert.ok(face !== undefined, "no face was found");
  assert.ok(Math.abs(face!.x + face!.width / 2 - cx) < 10 && Math.abs(face!.y + face!.height / 2 - cy) < 14, JSON.stringify(face));
});
