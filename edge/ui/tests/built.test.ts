// Checks the build: sizes, types, package. Requires `npm run build`, which `npm test` runs.
import { test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const root = new URL("../", import.meta.url); // the tests run in .build/
const compressed = (path: string) => gzipSync(readFileSync(new URL(path, root)), { level: 9 }).length;

test("a first visit to the user page fetches less than 60 KB compressed, without the front detector", () => {
  const files = [
    "index.html",
    "style.css",
    "icon.svg",
    "page.js",
    ...readdirSync(new URL("dist/parts/", root)).map((name) => `parts/${name}`),
  ];
  const total = files.reduce((sum, name) => sum + compressed(`dist/${name}`), 0);
  assert.ok(total > 5_000 && total < 60 * 1024, `${total} bytes`);
});

test("the library is under 16 KB compressed", () => {
  for (const name of ["selene.js", "selene.classic.js"]) assert.ok(compressed(`dist/lib/${name}`) < 16 * 1024, name);
});

test("built files contain no inline code and no code from strings", () => {
  for (const name of ["page.js", "lib/selene.js", "lib/selene.classic.js", "lib/face.js"]) {
    const code = String(readFileSync(new URL(`dist/${name}`, root)));
    assert.ok(!/\beval\(|new Function\(|innerHTML|setAttribute\("style"/.test(code), name);
  }
});

test("the package contains the library, its types and the front detector, and no other parts", () => {
  const packed = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, encoding: "utf8" }));
  const { files } = packed[0] as { files: { path: string }[] };
  const paths = files.map(({ path }) => path).sort();
  const library = ["face.bin", "face.js", "face.json", "selene.classic.js", "selene.d.ts", "selene.js"].map((name) => `dist/lib/${name}`);
  assert.deepEqual(paths, ["README.md", ...library, "package.json", "page.svg"]);
  const { exports } = JSON.parse(String(readFileSync(new URL("package.json", root))));
  for (const path of Object.values(exports["."] as Record<string, string>)) assert.ok(existsSync(new URL(path, root)), path);
});
