import { test } from "node:test";
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const root = new URL("../", import.meta.url); // the tests run in .build/
const FOLDERS = ["lib", "face", "texts", "page", "admin", "stats"];

/** Lists the modules that a module imports, types included, as paths below the root. */
function importsOf(module: string): string[] {
  const base = new URL(module, root);
  return [...String(readFileSync(base)).matchAll(/(?:from |import\()"(\.[^"]+)"/g)].flatMap(([, path = ""]) =>
    ["", ".ts", ".tsx"]
      .map((end) => new URL(path + end, base))
      .filter((file) => /\.tsx?$/.test(file.href) && existsSync(file))
      .map((file) => file.href.slice(root.href.length)),
  );
}

/** Returns the first circle among modules, as the path that closes it; undefined if there is none. */
function findCircle(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (module: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(module)) return [...path.slice(path.indexOf(module)), module];
    if (done.has(module)) return undefined;
    for (const next of imports.get(module) ?? []) {
      const circle = visit(next, [...path, module]);
      if (circle) return circle;
    }
    done.add(module);
    return undefined;
  };
  for (const module of imports.keys()) {
    const circle = visit(module, []);
    if (circle) return circle;
  }
  return undefined;
}

test("a circle is found", () => {
  assert.deepEqual(
    findCircle(
      new Map([
        ["a", ["b", "c"]],
        ["b", ["c"]],
        ["c", []],
      ]),
    ),
    undefined,
  );
  assert.deepEqual(
    findCircle(
      new Map([
        ["a", ["b"]],
        ["b", ["c"]],
        ["c", ["b"]],
      ]),
    ),
    ["b", "c", "b"],
  );
});

test("no module imports itself, however indirectly", () => {
  const modules = FOLDERS.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, root), { recursive: true }).map((name) => `${folder}/${name}`),
  ).filter((name) => /\.tsx?$/.test(name));
  const imports = new Map(modules.map((module) => [module, importsOf(module)]));
  assert.ok([...imports.values()].flat().length > 200, "imports were not found");
  assert.equal(findCircle(imports)?.join(" -> "), undefined);
});
