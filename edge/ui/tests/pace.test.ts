import { test } from "node:test";
import assert from "node:assert/strict";
import { frameInterval } from "../lib/pace";

const interval = (errors: number[], quick?: number) => frameInterval({ errors }, quick);

test("frames that count as attempts are slow, so that a person has minutes to correct something", () => {
  const attempts = 600; // of a session by default
  for (const codes of [[8], [12], [32], [5, 3], [37, 12], [1100]]) {
    assert.ok(interval(codes) * attempts >= 120_000, String(codes));
    assert.ok(interval(codes, 0) * attempts >= 120_000, String(codes)); // however quick the page wants the others
  }
});

test("frames that only wait, and actions, are quick", () => {
  assert.equal(frameInterval(undefined), 100);
  for (const codes of [[], [37], [60], [112, 37], [64], [3, 62], [8, 63]]) assert.equal(interval(codes), 100, String(codes));
  assert.equal(frameInterval({ errors: [8], display: { colour: "#ff0000" } }), 100);
  assert.equal(interval([37], 0), 0);
  assert.equal(interval([12], 1000), 1000);
});
