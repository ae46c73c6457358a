import { test } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { pruned } from "../admin/config_fields";
import { fill, fromNanos } from "../admin/format";
import { observeFrames, measures } from "../admin/observed";
import { RIGHTS } from "../admin/parts/rights";
import { at, readRoute } from "../admin/route";
import { changes, check, checkAll, complete, type Schema, write } from "../admin/schema";
import en from "../admin/texts/en";
import ru from "../admin/texts/ru";
import type { Decision, StoredFrame, Verdict } from "../admin/rest";

const root = new URL("../", import.meta.url); // the tests run in .build/
const source = (path: string) => String(readFileSync(new URL(`../../${path}`, root)));

test("the rights are those of the server", () => {
  const server = [...source("edge/internal/account/rights.go").matchAll(/Right = "([a-z-]+:(?:read|write))"/g)].map(([, right]) => right);
  const page = Object.entries(RIGHTS).flatMap(([section, kinds]) => kinds.map((kind) => `${section}:${kind}`));
  assert.deepEqual(page.sort(), server.sort());
});

test("every language has the same keys", () => {
  const places = (value: unknown, path = ""): string[] =>
    typeof value === "object" && value !== null ? Object.entries(value).flatMap(([key, inner]) => places(inner, `${path}.${key}`)) : [path];
  assert.deepEqual(places(ru).sort(), places(en).sort());
});

const schema: Schema = {
  type: "object",
  properties: {
    session: { type: "object", properties: { attempts: { type: "integer", minimum: -1, maximum: 100, not: { const: 0 }, default: 50 } } },
    blur: { type: "number", minimum: 0, maximum: 1, default: 0.6 },
    ags: { type: ["number", "null"], minimum: 0, maximum: 1 },
    queue: { type: "string", pattern: "^[^{} ]{1,8}$", default: "default" },
    list: { type: "array", items: { type: "string" }, uniqueItems: true, default: ["a"] },
    workers: {
      type: "array",
      items: { type: "object", properties: { timeout: { type: "number", minimum: 0.1, maximum: 60 } } },
      default: [{ timeout: 5 }],
    },
  },
};

test("a value is checked as the schema says", () => {
  const blur = schema.properties?.["blur"] as Schema;
  const attempts = schema.properties?.["session"]?.properties?.["attempts"] as Schema;
  assert.equal(check(blur, 0.5), undefined);
  assert.equal(check(blur, 1.1), "Must be from 0 to 1");
  assert.equal(check(blur, "much"), "Must be a number");
  assert.equal(check(blur, ""), "Must not be empty");
  assert.equal(check(blur, null), "Must not be empty");
  assert.equal(check(attempts, 1.5), "Must be a whole number");
  assert.equal(check(attempts, 0), "Must not be 0");
  assert.equal(check(schema.properties?.["ags"] as Schema, null), undefined);
  assert.equal(check(schema.properties?.["queue"] as Schema, "a b"), "Has the wrong format");
  assert.equal(check(schema.properties?.["list"] as Schema, ["a", "a"]), "Must not contain duplicates");
});

test("a document is completed, changed, compared and checked by path", () => {
  const stored = complete(schema, { blur: 0.4, unknown: 1 }) as Record<string, unknown>;
  assert.deepEqual(stored, {
    session: { attempts: 50 },
    blur: 0.4,
    ags: null,
    queue: "default",
    list: ["a"],
    workers: [{ timeout: 5 }],
    unknown: 1,
  });
  const draft = write(write(stored, "session.attempts", 0), "workers.0.timeout", 100);
  assert.equal((stored["session"] as { attempts: number }).attempts, 50, "the stored one stays");
  assert.deepEqual(changes(schema, stored, draft), ["session.attempts", "workers"]);
  assert.deepEqual(Object.keys(checkAll(schema, draft)), ["session.attempts", "workers.0.timeout"]);
  assert.deepEqual(checkAll(schema, stored), {});
});

test("each frame is shown once, with its decision and verdicts", () => {
  const frame = (sequence: number, stored: number, at: string): StoredFrame => ({
    sequence,
    stored,
    attempt: 0,
    received: at,
    media_type: "image/jpeg",
    bytes: 1,
  });
  const frames = [frame(1, 1, "2026-01-01T00:00:00Z"), frame(2, 2, "2026-01-01T00:00:01Z"), frame(2, 4, "2026-01-01T00:00:02Z")];
  const decisions: Decision[] = [
    { name: { session: "s", sequence: "2" }, frame: "2", errors: [12], estimations: { liveness: 0.9, head_pose: {} } },
  ];
  const verdict = (worker: string): Verdict => ({ name: { session: "s", sequence: "2" }, worker });
  const observed = observeFrames(frames, decisions, [verdict("matcher"), verdict("detector"), verdict("matcher")]);
  assert.deepEqual(
    observed.map(({ sequence, seconds, frame }) => [sequence, seconds, frame.stored]),
    [
      [1, 0, 1],
      [2, 1, 2],
    ],
  );
  assert.deepEqual(
    observed[1]?.verdicts.map(({ worker }) => worker),
    ["detector", "matcher"],
  );
  assert.deepEqual(
    measures(observed[1]?.decision).map(({ name, score, text }) => [name, score ?? text]),
    [
      ["liveness", 0.9],
      ["yaw", "0.0°"],
      ["pitch", "0.0°"],
      ["roll", "0.0°"],
    ],
  );
  assert.deepEqual(observeFrames([], [], []), []);
});

test("places are kept behind the #", () => {
  const place = at(["configs", "a/b c"], { variant: "x&y", empty: "" });
  assert.equal(place, "#/configs/a%2Fb%20c?variant=x%26y");
  const { parts, query } = readRoute(place);
  assert.deepEqual([parts, query.get("variant")], [["configs", "a/b c"], "x&y"]);
  assert.deepEqual(readRoute("#/%E0%A4%A").parts, ["%E0%A4%A"]);
  assert.deepEqual(readRoute("").parts, []);
});

test("unset values of a UI config are left out", () => {
  assert.deepEqual(
    pruned({ mode: "", front_detector: false, styles: { colors: { accent: undefined } }, parent_origins: [], image: { quality: 0.5 } }),
    { front_detector: false, image: { quality: 0.5 } },
  );
});

test("texts are filled, and nanoseconds read", () => {
  assert.equal(fill("{n} of {all} {what}", { n: 1, all: 2 }), "1 of 2 {what}");
  assert.equal(fromNanos("1795245396455626210"), 1795245396455);
  assert.equal(fromNanos(undefined), 0);
});

test("the admin page is under 60 KB compressed in any one language, and holds no code made of strings", () => {
  const files = ["page.js", "style.css", ...readdirSync(new URL("dist/admin/parts/", root)).map((name) => `parts/${name}`)];
  const total = files.reduce((sum, name) => sum + gzipSync(readFileSync(new URL(`dist/admin/${name}`, root)), { level: 9 }).length, 0);
  assert.ok(total > 10_000 && total < 60 * 1024, `${total} bytes`);
  assert.ok(!/\beval\(|new Function\(|setAttribute\("style"/.test(String(readFileSync(new URL("dist/admin/page.js", root)))));
});
