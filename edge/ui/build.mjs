// `node build.mjs` writes the page into dist/, which the Go package embeds;
// `node build.mjs tests` compiles the unit tests into .build/ for `node --test`.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, rm, stat } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const BUDGET = 60 * 1024; // compressed bytes, everything a first visit fetches

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
}

async function buildPage() {
  await empty("dist");
  await build({
    entryPoints: ["page/page.ts", "page/style.css"],
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2020", "safari15"],
    charset: "utf8",
    outdir: "dist",
    logLevel: "warning",
  });
  for (const name of ["index.html", "icon.svg"]) await copyFile(`page/${name}`, `dist/${name}`);

  let total = 0;
  for (const name of await readdir("dist")) {
    const path = `dist/${name}`;
    if ((await stat(path)).size === 0) continue;
    total += gzipSync(await readFile(path), { level: 9 }).length;
  }
  if (total > BUDGET) throw new Error(`dist is ${total} bytes compressed, over the budget of ${BUDGET}`);
  console.log(`edge/ui/dist: ${(total / 1024).toFixed(1)} KB compressed`);
}

await (process.argv[2] === "tests" ? buildTests() : buildPage());
