// Detects faces in the browser before pictures are sent. A separate bundle, fetched when needed.
import { floats, Net, type Plan, type Tensor } from "./net";

/** A face in a picture; position and size are fractions of the picture's width and height. */
export interface Face {
  score: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The result for a picture. */
export interface Sight {
  /** The face with the highest score, if there is one. */
  face: Face | undefined;
  /** The mean brightness of the picture, 0 to 255. */
  light: number;
}

// The network was trained on 256 x 256 pixels. On a quarter of them it still finds every face that is large enough to be
// judged, in a quarter of the time.
const SIDE = 128;
/** The fraction of the input that the picture fills: the network misses faces that fill all of it. */
const FILL = 0.75;
/** The minimum score of a face. It is low because an extra frame costs an attempt, but a missed face costs the session. */
const THRESHOLD = 0.35;

export class FaceDetector {
  private constructor(private readonly net: Net) {}

  /** Fetches the network from the directory `base`. */
  static async load(base: string | URL, signal?: AbortSignal): Promise<FaceDetector> {
    const fetched = async (name: string) => {
      const response = await fetch(new URL(name, base), { signal: signal ?? null });
      if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
      return response;
    };
    const [plan, weights] = await Promise.all([fetched("face.json"), fetched("face.bin")]);
    return FaceDetector.of((await plan.json()) as Plan, await weights.arrayBuffer());
  }

  static of(plan: Plan, weights: ArrayBuffer): FaceDetector {
    return new FaceDetector(new Net(plan, floats(new Uint16Array(weights))));
  }

  /** Looks for a face in a picture (a video or canvas) of the given size in pixels. Only one call may run at a time. */
  async find(picture: CanvasImageSource, width: number, height: number): Promise<Sight> {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SIDE;
    const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (!context) throw new Error("no canvas");
    const scale = (SIDE * FILL) / Math.max(width, height);
    const [w, h] = [width * scale, height * scale];
    const [left, top] = [(SIDE - w) / 2, (SIDE - h) / 2];
    context.imageSmoothingQuality = "medium";
    context.drawImage(picture, left, top, w, h);
    const { data } = context.getImageData(0, 0, SIDE, SIDE);
    const found = await this.look(data);
    const face = found && {
      score: found.score,
      x: (found.x - left) / w,
      y: (found.y - top) / h,
      width: found.width / w,
      height: found.height / h,
    };
    return { face, light: (brightness(data) * SIDE * SIDE) / (w * h) }; // the area around the picture is black
  }

  /** Returns the face with the highest score among SIDE x SIDE RGBA pixels, in pixels. */
  async look(rgba: Uint8ClampedArray): Promise<Face | undefined> {
    const input: Tensor = { height: SIDE, width: SIDE, channels: 3, data: new Float32Array(SIDE * SIDE * 3) };
    for (let p = 0; p < SIDE * SIDE; p++) {
      for (let c = 0; c < 3; c++) input.data[p * 3 + c] = rgba[p * 4 + c]! / 127.5 - 1;
    }
    const out = await this.net.run(input, () => new Promise((resolve) => setTimeout(resolve)));
    let best: Face | undefined;
    for (const [scores, boxes, stride, anchors] of [
      [...outputs(out, 2), 16, 2],
      [...outputs(out, 6), 32, 6],
    ] as const) {
      for (let a = 0; a < scores.data.length; a++) {
        const score = 1 / (1 + Math.exp(-scores.data[a]!));
        if (score < THRESHOLD || (best && score <= best.score)) continue;
        const cell = Math.floor(a / anchors);
        const [dx, dy, width, height] = boxes.data.subarray(a * 16, a * 16 + 4) as unknown as [number, number, number, number];
        const x = ((cell % scores.width) + 0.5) * stride + dx;
        const y = (Math.floor(cell / scores.width) + 0.5) * stride + dy;
        best = { score, x: x - width / 2, y: y - height / 2, width, height };
      }
    }
    return best;
  }
}

/** Returns the mean luma of RGBA pixels (ITU-R BT.601). */
function brightness(rgba: Uint8ClampedArray): number {
  let sum = 0;
  for (let i = 0; i < rgba.length; i += 4) sum += 0.299 * rgba[i]! + 0.587 * rgba[i + 1]! + 0.114 * rgba[i + 2]!;
  return (4 * sum) / rgba.length;
}

/** Returns the scores and boxes of the grid with the given number of anchors per cell. */
function outputs(out: Tensor[], anchors: number): [Tensor, Tensor] {
  const find = (channels: number) => out.find((value) => value.channels === channels);
  const [scores, boxes] = [find(anchors), find(anchors * 16)];
  if (!scores || !boxes) throw new Error(`the network has no grid of ${anchors} anchors`);
  return [scores, boxes];
}
