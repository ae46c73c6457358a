import { test } from "node:test";
import assert from "node:assert/strict";
import { ticks } from "../stats/axis";
import { fromAddress, START, toAddress, toServer } from "../stats/query";

test("the filters are written to the address and read from it", () => {
  assert.deepEqual(fromAddress(""), START);
  assert.deepEqual(fromAddress("?period=century"), START);
  const query = { period: "own", since: "2026-01-31T10:00", until: "", step: "hour", outcome: "fake", code: "8" };
  assert.deepEqual(fromAddress(toAddress(query)), query);
  assert.deepEqual(fromAddress(toAddress(START)), START);
});

test("the query covers whole hours and stays the same for an hour", () => {
  const at = Date.UTC(2026, 0, 31, 12, 34);
  assert.equal(toServer({ ...START, period: "24h" }, at), "since=2026-01-30T13%3A00%3A00.000Z");
  assert.equal(toServer(START, at), toServer(START, at + 25 * 60_000));
  assert.ok(toServer(START, at) !== toServer(START, at + 26 * 60_000));
  const own = new URLSearchParams(toServer({ ...START, period: "own", since: "2026-01-31T10:00", until: "nonsense", code: "8" }, at));
  assert.equal(own.get("since"), new Date("2026-01-31T10:00").toISOString());
  assert.deepEqual([own.get("until"), own.get("code"), own.has("step")], [null, "8", false]);
});

test("axes begin at 0, end at or above the maximum, and have few steps", () => {
  for (const most of [0, 0.003, 0.7, 1, 3, 4, 7, 99, 100, 12_345]) {
    for (const whole of [false, true]) {
      const values = ticks(most, whole);
      assert.ok(values[0] === 0 && (values.at(-1) ?? 0) >= most && values.length >= 2 && values.length <= 6, `${most}: ${values}`);
      if (whole) assert.ok(values.every(Number.isInteger), `${most}: ${values}`);
    }
  }
});
