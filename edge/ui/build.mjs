// `node build.mjs` writes the pages and the client library into dist/, which the Go package embeds;
// `node build.mjs tests` compiles the unit tests into .build/ for `node --test`.
import { build } from "esbuild";
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { faceModel } from "./face/model.mjs";
import { bundleTypes } from "./types.mjs";

// A page is a directory: page.ts and style.css are bundled, other files with one of the extensions below are copied, and
// everything is served at the address. A new page is a new line.
const PAGES = [
  { folder: "page", address: "" },
  { folder: "admin", address: "admin" },
  { folder: "stats", address: "statistics" },
];
const COPIED = /\.(html|svg|png|webp)$/;

const common = {
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2020", "safari15"],
  charset: "utf8",
  logLevel: "warning",
};

async function empty(dir) {
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) {
    if (name !== ".gitkeep") await rm(`${dir}/${name}`, { recursive: true });
  }
}

async function buildTests() {
  await empty(".build");
  const tests = (await readdir("tests")).filter((name) => name.endsWith(".test.ts"));
  await build({
    entryPoints: tests.map((name) => `tests/${name}`),
    bundle: true,
    platform: "node",
    format: "esm",
    outdir: ".build",
    outExtension: { ".js": ".mjs" },
    sourcemap: "inline",
    logLevel: "warning",
  });
  await writeFace(".build");
}

async function buildPage({ folder, address }) {
  const out = `dist/${address}`;
  // Catalogues become separate chunks, fetched when needed.
  await build({
    ...common,
    entryPoints: [`${folder}/page.ts`, `${folder}/style.css`],
    outdir: out,
    splitting: true,
    chunkNames: "parts/[name]-[hash]",
  });
  for (const name of await readdir(folder)) if (COPIED.test(name)) await cp(`${folder}/${name}`, `${out}/${name}`);
}

async function buildLibrary() {
  await build({ ...common, entryPoints: ["lib/selene.ts"], outdir: "dist/lib" });
  await build({ ...common, entryPoints: ["lib/classic.ts"], outfile: "dist/lib/selene.classic.js", format: "iife" });
  await build({ ...common, entryPoints: ["face/face.ts"], outdir: "dist/lib" });
  await writeFace("dist/lib");
  await rm(".build/types", { recursive: true, force: true });
  await promisify(execFile)(process.execPath, ["node_modules/typescript-native/bin/tsc", "-p", "tsconfig.types.json"]);
  await writeFile("dist/lib/selene.d.ts", await bundleTypes(".build/types", "lib/selene"));
}

async function writeFace(dir) {
  const { plan, weights } = await faceModel();
  await writeFile(`${dir}/face.json`, plan);
  await writeFile(`${dir}/face.bin`, weights);
}

if (process.argv[2] === "tests") {
  await buildTests();
} else {
  await empty("dist");
  await buildLibrary();
  for (const page of PAGES) if (existsSync(`${page.folder}/style.css`)) await buildPage(page);
}
