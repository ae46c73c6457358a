// Combines the library's declaration files into one: the declarations of every module that the entry imports, exporting what
// the entry exports. Names must be unique among the modules; tests/integration.types.ts checks the result.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const FROM = /^(import|export) (?:type )?\{([^}]*)\} from "(\.[^"]*)";\n/gm;

/** Returns the text of one .d.ts for the module `entry` below the directory `root`. */
export async function bundleTypes(root, entry) {
  const seen = new Set();
  const names = [];
  let text = "";
  const visit = async (module) => {
    if (seen.has(module)) return;
    seen.add(module);
    const source = await readFile(join(root, `${module}.d.ts`), "utf8");
    for (const [, kind, list, from] of source.matchAll(FROM)) {
      await visit(join(dirname(module), from));
      if (module === entry && kind === "export")
        names.push(
          ...list
            .split(",")
            .map((name) => name.trim())
            .filter(Boolean),
        );
    }
    text += source
      .replace(FROM, "")
      .replace(/^\/\/# sourceMappingURL.*\n/gm, "")
      .replace(/^export \{\};\n/gm, "")
      .replace(/^export (?=declare|interface|type|abstract)/gm, "");
  };
  await visit(entry);
  return `${text}export { ${names.join(", ")} };\n`;
}
