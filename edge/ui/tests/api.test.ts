import { test } from "node:test";
import assert from "node:assert/strict";

Object.assign(globalThis, { document: { baseURI: "https://selene.example/admin/" } });
const { call, Problem } = await import("../admin/api");

const answer = (status: number, body: unknown) =>
  Object.assign(globalThis, { fetch: async () => new Response(JSON.stringify(body), { status }) });

async function problemOf(status: number, body: unknown): Promise<InstanceType<typeof Problem>> {
  answer(status, body);
  try {
    await call("PUT", "v1/settings");
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("the request succeeded");
}

test("a refused body names the path of each wrong value", async () => {
  const errors = [
    { path: "thresholds.blur", detail: "must be from 0 to 1, not 2" },
    { path: "env", detail: "must be development or production" },
  ];
  const problem = await problemOf(422, { title: "Unprocessable Entity", status: 422, detail: "settings: thresholds.blur: …", errors });
  assert.equal(problem.status, 422);
  assert.deepEqual(problem.errors, errors);
  assert.equal(problem.message, "thresholds.blur: must be from 0 to 1, not 2; env: must be development or production");
});

test("a problem without wrong values keeps the server's words", async () => {
  const whole = await problemOf(422, {
    title: "x",
    status: 422,
    detail: "settings: …",
    errors: [{ path: "", detail: "must be one JSON object" }],
  });
  assert.equal(whole.message, "must be one JSON object");
  const conflict = await problemOf(409, { title: "Conflict", status: 409, detail: "there is a newer revision" });
  assert.equal(conflict.message, "there is a newer revision");
  assert.deepEqual(conflict.errors, []);
  assert.equal((await problemOf(502, undefined)).message, "HTTP 502");
});

test("a successful answer is returned", async () => {
  answer(200, { users: [] });
  assert.deepEqual(await call("GET", "v1/users"), { users: [] });
});
