// Generates the types of the REST API in .types/rest.d.ts, for `npm run check`.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const DOCUMENT = "../internal/api/openapi.yaml";

const types = await openapiTS(await readFile(new URL(DOCUMENT, import.meta.url), "utf8"), { defaultNonNullable: false });
await mkdir(".types", { recursive: true });
await writeFile(".types/rest.d.ts", astToString(types));
