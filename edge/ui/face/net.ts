// Runs BlazeFace in plain JavaScript: a few kinds of steps on arrays of floats in the order height, width, channel. Without
// WebAssembly, the content security policy can stay strict.

interface Step {
  op: "conv" | "depthwise" | "add" | "relu" | "pool" | "pad";
  /** Numbers of the input values; 0 is the network's input, n the result of step n-1. */
  in: number[];
  /** Offset of the weights, then their shape: height, width, input channels, output channels (or multiplier). */
  w?: [number, number, number, number, number];
  /** Offset of the biases. */
  b?: number;
  stride?: number;
  relu?: boolean;
  /** Number of channels to add, filled with 0. */
  channels?: number;
}

export interface Plan {
  steps: Step[];
  /** Numbers of the output values. */
  out: number[];
}

export interface Tensor {
  height: number;
  width: number;
  channels: number;
  data: Float32Array;
}

/** Milliseconds of computation after which the event loop runs. */
const SLICE = 12;

export class Net {
  private readonly orders = new Map<number, Float32Array>();

  constructor(
    private readonly plan: Plan,
    private readonly weights: Float32Array,
  ) {}

  /** Runs all steps and calls `turn` in between to let the event loop run. Only one call may run at a time. */
  async run(input: Tensor, turn: () => Promise<void>): Promise<Tensor[]> {
    const values: Tensor[] = [input];
    let since = performance.now();
    for (const step of this.plan.steps) {
      values.push(
        this.step(
          step,
          step.in.map((i) => values[i]!),
        ),
      );
      if (performance.now() - since > SLICE) {
        await turn();
        since = performance.now();
      }
    }
    return this.plan.out.map((i) => values[i]!);
  }

  private step(step: Step, [x, y]: Tensor[]): Tensor {
    if (!x) throw new Error("a step without input");
    switch (step.op) {
      case "conv":
        return this.conv(step, x);
      case "depthwise":
        return this.depthwise(step, x);
      case "add":
        return add(x, y!);
      case "relu":
        return relu(x);
      case "pool":
        return pool(x);
      case "pad":
        return pad(x, step.channels!);
    }
  }

  private conv({ w, b, stride = 1, relu }: Step, x: Tensor): Tensor {
    const [at, kh, kw, inputs, outputs] = w!;
    const taps = kh * kw * inputs;
    const weights = this.turned(at, taps, outputs);
    const bias = this.weights.subarray(b!, b! + outputs);
    const { out, top, left } = place(x, kh, kw, stride, outputs);
    if (taps === inputs) {
      for (let p = 0; p < x.height * x.width; p++) dots(x.data, p * inputs, taps, weights, bias, out.data, p * outputs, relu);
      return out;
    }
    const patch = new Float32Array(taps); // the values under the kernel, 0 outside the picture
    for (let oy = 0, o = 0; oy < out.height; oy++) {
      for (let ox = 0; ox < out.width; ox++, o += outputs) {
        patch.fill(0);
        for (let ky = 0; ky < kh; ky++) {
          const iy = oy * stride + ky - top;
          if (iy < 0 || iy >= x.height) continue;
          const from = ox * stride - left;
          const [first, last] = [Math.max(0, from), Math.min(x.width, from + kw)];
          const row = iy * x.width * inputs;
          for (let i = row + first * inputs, k = (ky * kw + first - from) * inputs; i < row + last * inputs; i++, k++)
            patch[k] = x.data[i]!;
        }
        dots(patch, 0, taps, weights, bias, out.data, o, relu);
      }
    }
    return out;
  }

  /** Returns the weights of a convolution in order of use: all taps for four outputs, then for the next four. */
  private turned(at: number, taps: number, outputs: number): Float32Array {
    let turned = this.orders.get(at);
    if (!turned) {
      turned = new Float32Array(Math.ceil(outputs / 4) * 4 * taps);
      for (let i = 0; i < taps; i++) {
        for (let o = 0; o < outputs; o++) turned[(o - (o % 4)) * taps + i * 4 + (o % 4)] = this.weights[at + i * outputs + o]!;
      }
      this.orders.set(at, turned);
    }
    return turned;
  }

  /** Applies a 3 x 3 kernel to each channel separately. */
  private depthwise({ w, stride = 1 }: Step, x: Tensor): Tensor {
    const [at, kh, kw, channels] = w!;
    if (kh !== 3 || kw !== 3) throw new Error(`a kernel of ${kh} x ${kw}`);
    const { out, top, left } = place(x, kh, kw, stride, channels);
    const weights = this.weights.subarray(at, at + 9 * channels);
    const [from, to, row] = [x.data, out.data, x.width * channels];
    for (let oy = 0, o = 0; oy < out.height; oy++) {
      for (let ox = 0; ox < out.width; ox++, o += channels) {
        const [iy, ix] = [oy * stride - top, ox * stride - left];
        const first = iy * row + ix * channels;
        if (iy >= 0 && ix >= 0 && iy + 3 <= x.height && ix + 3 <= x.width) {
          for (let c = 0; c < channels; c++) {
            let [sum, i, k] = [0, first + c, c];
            for (let ky = 0; ky < 3; ky++, i += row, k += 3 * channels) {
              sum +=
                from[i]! * weights[k]! +
                from[i + channels]! * weights[k + channels]! +
                from[i + 2 * channels]! * weights[k + 2 * channels]!;
            }
            to[o + c] = sum;
          }
          continue;
        }
        for (let k = 0; k < 9; k++) {
          const [ky, kx] = [Math.floor(k / 3), k % 3];
          if (iy + ky < 0 || iy + ky >= x.height || ix + kx < 0 || ix + kx >= x.width) continue;
          const i = first + ky * row + kx * channels;
          for (let c = 0; c < channels; c++) to[o + c]! += from[i + c]! * weights[k * channels + c]!;
        }
      }
    }
    return out;
  }
}

/** Computes the weighted sum of the taps for each output, four outputs at a time, so that each tap is loaded once. */
function dots(
  from: Float32Array,
  at: number,
  taps: number,
  weights: Float32Array,
  bias: Float32Array,
  to: Float32Array,
  put: number,
  relu = false,
): void {
  const floor = relu ? 0 : -Infinity;
  const outputs = bias.length;
  for (let o = 0; o < outputs; o += 4) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = at, n = o * taps; i < at + taps; i++, n += 4) {
      const v = from[i]!;
      s0 += v * weights[n]!;
      s1 += v * weights[n + 1]!;
      s2 += v * weights[n + 2]!;
      s3 += v * weights[n + 3]!;
    }
    const left = outputs - o;
    to[put + o] = Math.max(floor, s0 + bias[o]!);
    if (left > 1) to[put + o + 1] = Math.max(floor, s1 + bias[o + 1]!);
    if (left > 2) to[put + o + 2] = Math.max(floor, s2 + bias[o + 2]!);
    if (left > 3) to[put + o + 3] = Math.max(floor, s3 + bias[o + 3]!);
  }
}

const tensor = (height: number, width: number, channels: number): Tensor => ({
  height,
  width,
  channels,
  data: new Float32Array(height * width * channels),
});

/** Returns the output tensor of a window with TensorFlow's SAME padding, and the padding at the top and left. */
function place(x: Tensor, kh: number, kw: number, stride: number, channels: number) {
  const height = Math.ceil(x.height / stride);
  const width = Math.ceil(x.width / stride);
  const before = (out: number, kernel: number, size: number) => Math.max(0, (out - 1) * stride + kernel - size) >> 1;
  return { out: tensor(height, width, channels), top: before(height, kh, x.height), left: before(width, kw, x.width) };
}

function add(x: Tensor, y: Tensor): Tensor {
  const out = tensor(x.height, x.width, x.channels);
  for (let i = 0; i < out.data.length; i++) out.data[i] = x.data[i]! + y.data[i]!;
  return out;
}

function relu(x: Tensor): Tensor {
  const out = tensor(x.height, x.width, x.channels);
  for (let i = 0; i < out.data.length; i++) out.data[i] = Math.max(0, x.data[i]!);
  return out;
}

/** Returns the maximum of each 2x2 pixels. */
function pool(x: Tensor): Tensor {
  const out = tensor(x.height >> 1, x.width >> 1, x.channels);
  const row = x.width * x.channels;
  for (let oy = 0, o = 0; oy < out.height; oy++) {
    for (let ox = 0; ox < out.width; ox++) {
      for (let c = 0, i = 2 * oy * row + 2 * ox * x.channels; c < x.channels; c++, i++, o++) {
        const d = x.data;
        out.data[o] = Math.max(d[i]!, d[i + x.channels]!, d[i + row]!, d[i + row + x.channels]!);
      }
    }
  }
  return out;
}

function pad(x: Tensor, more: number): Tensor {
  const out = tensor(x.height, x.width, x.channels + more);
  for (let p = 0; p < x.height * x.width; p++) {
    out.data.set(x.data.subarray(p * x.channels, (p + 1) * x.channels), p * out.channels);
  }
  return out;
}

/** Reads 16-bit floats. */
export function floats(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (bits) => {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return bits & 0x8000 ? -size : size;
  });
}
