// Converts BlazeFace from the npm package (a TensorFlow.js graph) to the format of face/net.ts: a list of steps, and the
// weights as 16-bit floats. Runs at build time.
import { readFile } from "node:fs/promises";

const DIR = "node_modules/@vladmandic/human/models";

export async function faceModel() {
  const graph = JSON.parse(await readFile(`${DIR}/blazeface.json`, "utf8"));
  const bytes = await readFile(`${DIR}/blazeface.bin`);
  const consts = readWeights(graph.weightsManifest[0].weights, bytes);
  const steps = [];
  const halves = [];
  const index = new Map([["input", 0]]); // node name to value number
  const weight = (name) => {
    const { data, shape } = consts.get(name);
    const at = halves.length;
    for (const value of data) halves.push(half(value));
    return [at, ...shape];
  };
  for (const node of graph.modelTopology.node) {
    const attribute = (name) => node.attr?.[name]?.list;
    const text = (s) => Buffer.from(s, "base64").toString();
    const input = (i) => {
      const value = index.get(node.input[i]);
      if (value === undefined) throw new Error(`BlazeFace: ${node.op} ${node.name} reads ${node.input[i]}, which no step produces`);
      return value;
    };
    let step;
    switch (node.op) {
      case "Const":
      case "Placeholder":
        continue;
      case "Reshape": // the reader knows the shape
      case "Identity":
        index.set(node.name, input(0));
        continue;
      case "_FusedConv2D": {
        const fused = (attribute("fused_ops")?.s ?? []).map(text);
        step = {
          op: "conv",
          in: [input(0)],
          w: weight(node.input[1]),
          b: weight(node.input[2])[0],
          stride: Number(attribute("strides").i[1]),
        };
        if (fused.includes("Relu")) step.relu = true;
        break;
      }
      case "DepthwiseConv2dNative":
        step = { op: "depthwise", in: [input(0)], w: weight(node.input[1]), stride: Number(attribute("strides").i[1]) };
        break;
      case "AddV2":
        step = { op: "add", in: [input(0), input(1)] };
        break;
      case "Relu":
        step = { op: "relu", in: [input(0)] };
        break;
      case "MaxPool":
        step = { op: "pool", in: [input(0)] };
        break;
      case "Pad": {
        const pads = consts.get(node.input[1]).data;
        if (pads.slice(0, 7).some((pad) => pad !== 0)) throw new Error("BlazeFace: only channels can be padded, at their end");
        step = { op: "pad", in: [input(0)], channels: pads[7] };
        break;
      }
      default:
        throw new Error(`BlazeFace: the operation ${node.op} is not supported`);
    }
    steps.push(step);
    index.set(node.name, steps.length);
  }
  const out = ["Identity", "Identity_1", "Identity_2", "Identity_3"].map((name) => index.get(name));
  return { plan: JSON.stringify({ steps, out }), weights: Buffer.from(Uint16Array.from(halves).buffer) };
}

function readWeights(list, bytes) {
  const consts = new Map();
  let at = 0;
  for (const { name, shape, dtype, quantization } of list) {
    if (quantization || !["float32", "int32"].includes(dtype))
      throw new Error(`BlazeFace: weights ${name} are ${quantization?.dtype ?? dtype}, not float32`);
    const count = shape.reduce((a, b) => a * b, 1);
    const data = Array.from({ length: count }, (_, i) =>
      dtype === "int32" ? bytes.readInt32LE(at + 4 * i) : bytes.readFloatLE(at + 4 * i),
    );
    consts.set(name, { data, shape });
    at += 4 * count;
  }
  return consts;
}

/** Returns the bits of the nearest IEEE 754 half-precision number. */
export function half(value) {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | Math.round(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | (((exponent + 15) << 10) + Math.round((size / 2 ** exponent - 1) * 1024)); // a fraction of 1024 carries into the exponent
}
