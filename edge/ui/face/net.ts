// Runs BlazeFace in plain JavaScript: a few kinds of steps over arrays of floats in the order height, width, channel.
// No library, no WebAssembly, so that no content policy has to be widened for it.

interface Step {
  op: "conv" | "depthwise" | "add" | "relu" | "pool" | "pad";
  /** Numbers of the values it reads; 0 is the input, n the result of step n-1. */
  in: number[];
  /** Where its weights begin, then their shape: height, width, input channels, output channels (or multiplier). */
  w?: [number, number, number, number, number];
  /** Where its biases begin. */
  b?: number;
  stride?: number;
  relu?: boolean;
  /** Channels to add, filled with 0. */
  channels?: number;
}

export interface Plan {
  steps: Step[];
  /** Numbers of the values that are results. */
  out: number[];
}

export interface Tensor {
  height: number;
  width: number;
  channels: number;
  data: Float32Array;
}

/** Milliseconds of arithmetic after which the page gets a turn. */
const SLICE = 12;

export class Net {
  private readonly orders = new Map<number, Float32Array>();

  constructor(
    private readonly plan: Plan,
    private readonly weights: Float32Array,
  ) {}

  /** Runs all steps, giving the page its turns in between. One run at a time. */
  async run(input: Tensor, turn: () => Promise<void>): Promise<Tensor[]> {
    const values: Tensor[] = [input];
    let since = performance.now();
    for (const step of this.plan.steps) {
      values.push(this.step(step, step.in.map((i) => values[i]!)));
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
        return step.w![1] === 1 ? this.pointwise(step, x) : this.conv(step, x);
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

  /** A 1x1 convolution: each pixel by itself. Four outputs at a time, so that each input is loaded once for them. */
  private pointwise({ w, b, relu }: Step, x: Tensor): Tensor {
    const [at, , , inputs, outputs] = w!;
    const weights = this.turned(at, inputs, outputs);
    const out = tensor(x.height, x.width, outputs);
    const [from, to, bias] = [x.data, out.data, this.weights];
    const floor = relu ? 0 : -Infinity;
    for (let i = 0, j = 0; i < from.length; i += inputs, j += outputs) {
      for (let o = 0; o < outputs; o += 4) {
        let [s0, s1, s2, s3] = [0, 0, 0, 0];
        for (let k = 0, n = o * inputs; k < inputs; k++, n += 4) {
          const v = from[i + k]!;
          s0 += v * weights[n]!;
          s1 += v * weights[n + 1]!;
          s2 += v * weights[n + 2]!;
          s3 += v * weights[n + 3]!;
        }
        const sums = outputs - o;
        to[j + o] = Math.max(floor, s0 + bias[b! + o]!);
        if (sums > 1) to[j + o + 1] = Math.max(floor, s1 + bias[b! + o + 1]!);
        if (sums > 2) to[j + o + 2] = Math.max(floor, s2 + bias[b! + o + 2]!);
        if (sums > 3) to[j + o + 3] = Math.max(floor, s3 + bias[b! + o + 3]!);
      }
    }
    return out;
  }

  /** The weights of a 1x1 convolution in the order they are used: four outputs, then the inputs, then the next four. */
  private turned(at: number, inputs: number, outputs: number): Float32Array {
    let turned = this.orders.get(at);
    if (!turned) {
      turned = new Float32Array(Math.ceil(outputs / 4) * 4 * inputs);
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) turned[(o - (o % 4)) * inputs + i * 4 + (o % 4)] = this.weights[at + i * outputs + o]!;
      }
      this.orders.set(at, turned);
    }
    return turned;
  }

  private conv({ w, b, stride = 1, relu }: Step, x: Tensor): Tensor {
    const [at, kh, kw, inputs, outputs] = w!;
    const { out, top, left } = place(x, kh, kw, stride, outputs);
    const sum = new Float32Array(outputs);
    for (let oy = 0; oy < out.height; oy++) {
      for (let ox = 0; ox < out.width; ox++) {
        sum.set(this.weights.subarray(b!, b! + outputs));
        for (let ky = 0; ky < kh; ky++) {
          const iy = oy * stride + ky - top;
          if (iy < 0 || iy >= x.height) continue;
          for (let kx = 0; kx < kw; kx++) {
            const ix = ox * stride + kx - left;
            if (ix < 0 || ix >= x.width) continue;
            for (let i = 0; i < inputs; i++) {
              const v = x.data[(iy * x.width + ix) * inputs + i]!;
              for (let o = 0, k = at + ((ky * kw + kx) * inputs + i) * outputs; o < outputs; o++, k++) sum[o]! += v * this.weights[k]!;
            }
          }
        }
        if (relu) for (let o = 0; o < outputs; o++) sum[o] = Math.max(0, sum[o]!);
        out.data.set(sum, (oy * out.width + ox) * outputs);
      }
    }
    return out;
  }

  private depthwise({ w, stride = 1 }: Step, x: Tensor): Tensor {
    const [at, kh, kw, channels] = w!;
    const { out, top, left } = place(x, kh, kw, stride, channels);
    const weights = this.weights.subarray(at, at + kh * kw * channels);
    const [from, to] = [x.data, out.data];
    for (let oy = 0; oy < out.height; oy++) {
      for (let ox = 0; ox < out.width; ox++) {
        const o = (oy * out.width + ox) * channels;
        for (let ky = 0; ky < kh; ky++) {
          const iy = oy * stride + ky - top;
          if (iy < 0 || iy >= x.height) continue;
          for (let kx = 0; kx < kw; kx++) {
            const ix = ox * stride + kx - left;
            if (ix < 0 || ix >= x.width) continue;
            const i = (iy * x.width + ix) * channels;
            const k = (ky * kw + kx) * channels;
            for (let c = 0; c < channels; c++) to[o + c]! += from[i + c]! * weights[k + c]!;
          }
        }
      }
    }
    return out;
  }
}

const tensor = (height: number, width: number, channels: number): Tensor => ({ height, width, channels, data: new Float32Array(height * width * channels) });

/** The result of a window that slides with TensorFlow's SAME padding, and the padding above and to the left. */
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

/** The greatest of each 2x2 pixels. */
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
