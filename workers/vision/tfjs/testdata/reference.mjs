// Makes reference.json: outputs of the networks in TensorFlow.js itself, on a synthetic picture.
//
//   cd "$(mktemp -d)" && npm init -y
//   npm install @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-converter@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0
//   cp <checkout>/workers/vision/tfjs/testdata/reference.mjs . && node reference.mjs <checkout>/workers/vision > reference.json
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModel } from '@tensorflow/tfjs-converter';

const models = [
  { name: 'blazeface', side: 256, channels: 3, mean: 127.5, scale: 127.5 },
  { name: 'facemesh', side: 192, channels: 3, mean: 0, scale: 255 },
  { name: 'iris', side: 64, channels: 3, mean: 0, scale: 255 },
  { name: 'faceres', side: 224, channels: 3, mean: 0, scale: 1 },
  { name: 'emotion', side: 64, channels: 1, mean: 0, scale: 255 },
  { name: 'antispoof', side: 128, channels: 3, mean: 0, scale: 255 },
  { name: 'liveness', side: 32, channels: 3, mean: 0, scale: 255 },
];

// picture is [side, side, channels] of 0..255: slopes with noise. import_test.go draws the same one.
function picture(side, channels) {
  const p = new Uint8Array(side * side * channels);
  let noise = 1, i = 0;
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) for (let c = 0; c < channels; c++) {
    noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
    p[i++] = (y * 3 + x * 2 + c * 60 + (noise >>> 27)) & 255;
  }
  return p;
}

function load(dir, name) {
  const model = JSON.parse(fs.readFileSync(path.join(dir, `${name}.json`)));
  const shards = model.weightsManifest.flatMap((g) => g.paths).map((p) => fs.readFileSync(path.join(dir, p)));
  const data = Buffer.concat(shards);
  return loadGraphModel({
    load: async () => ({
      modelTopology: model.modelTopology,
      signature: model.signature,
      userDefinedMetadata: model.userDefinedMetadata,
      weightSpecs: model.weightsManifest.flatMap((g) => g.weights),
      weightData: data.buffer.slice(data.byteOffset, data.byteOffset + data.length),
    }),
  });
}

const dir = path.join(process.argv[2], 'node_modules/@vladmandic/human/models');
const all = [];
for (const m of models) {
  const model = await load(dir, m.name);
  const input = tf.tensor(Float32Array.from(picture(m.side, m.channels), (v) => (v - m.mean) / m.scale), [1, m.side, m.side, m.channels]);
  const signature = model.modelSignature?.outputs ?? model.outputs.reduce((o, t) => ({ ...o, [t.name]: t }), {});
  const outputs = {};
  for (const key of Object.keys(signature).sort()) {
    const out = model.execute(input, signature[key].name);
    const data = out.dataSync();
    const step = Math.max(1, Math.floor(data.length / 24));
    const samples = [];
    for (let i = 0; i < data.length; i += step) samples.push(Number(data[i].toPrecision(7)));
    let largest = 0, sum = 0;
    for (const v of data) { largest = Math.max(largest, Math.abs(v)); sum += Math.abs(v); }
    const mean = sum / data.length; // of the absolute values: samples may miss the few that are not 0
    outputs[key.replace(/:0$/, '')] = { shape: out.shape, step, largest: Number(largest.toPrecision(7)), mean: Number(mean.toPrecision(7)), samples };
  }
  all.push({ ...m, outputs });
}
console.log('[\n' + all.map((m) => JSON.stringify(m)).join(',\n') + '\n]');
