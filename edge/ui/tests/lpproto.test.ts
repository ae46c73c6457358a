import { test } from "node:test";
import assert from "node:assert/strict";
import { decodeToken, encodeConnect, encodeFrame, parse, parseStats } from "../lib/lpproto";

test("CONNECT carries version, heartbeat and session id", () => {
  assert.equal(encodeConnect({}), "CONNECT\nversion:1.0\n\n");
  assert.equal(encodeConnect({ heartbeat: 1000, sessionId: "abc" }), "CONNECT\nversion:1.0\nheartbeat:1000\nsession-id:abc\n\n");
});

test("CONNECT carries a token and what is known of the camera, within bounds", () => {
  const connect = encodeConnect({ token: "abc", device: "OBS\n Camera ", capabilities: '{"width":640}', platform: "Linux" });
  assert.equal(connect, 'CONNECT\nversion:1.0\ntoken:abc\ndevice:OBS  Camera\ncapabilities:{"width":640}\nplatform:Linux\n\n');
  const long = encodeConnect({ device: "é".repeat(300), capabilities: `{"x":"${"y".repeat(2048)}"}`, platform: "z".repeat(300) });
  assert.equal(long, `CONNECT\nversion:1.0\ndevice:${"é".repeat(256)}\nplatform:${"z".repeat(256)}\n\n`);
});

test("FRAME keeps the image bytes as they are", () => {
  const image = Uint8Array.of(0xff, 0xd8, 0x0a, 0x0a, 0x00, 0xd9);
  const message = encodeFrame("image/jpeg", image);
  const head = "FRAME\ncontent-type:image/jpeg\n\n";
  assert.equal(new TextDecoder().decode(message.subarray(0, head.length)), head);
  assert.deepEqual([...message.subarray(head.length)], [...image]);
});

test("parse reads headers with and without a space, any case, any line ending", () => {
  for (const text of ["CONNECTED\nsession-id:a:b\nversion:1.0\n\n", "CONNECTED\r\nSession-Id: a:b\r\nVERSION: 1.0\r\n\r\n\0"]) {
    const message = parse(text);
    assert.equal(message.command, "CONNECTED");
    assert.deepEqual(
      [...message.headers],
      [
        ["session-id", "a:b"],
        ["version", "1.0"],
      ],
    );
    assert.equal(message.body, "");
  }
});

test("parse keeps empty lines inside a body and reads binary messages", () => {
  const text = 'STATS\ncontent-type:application/json\n\n{\n\n"isOk":false}';
  assert.equal(parse(text).body, '{\n\n"isOk":false}');
  assert.equal(parse(new TextEncoder().encode(text).buffer as ArrayBuffer).body, '{\n\n"isOk":false}');
});

test("parse accepts a missing empty line when there is no body", () => {
  assert.equal(parse("HEARTBEAT").command, "HEARTBEAT");
  assert.equal(parse("ERROR\nerror: 1002").headers.get("error"), "1002");
});

test("parse refuses what is not LPProto", () => {
  assert.throws(() => parse("HELLO\n\n"), /unknown command "HELLO"/);
  assert.throws(() => parse(""), /unknown command/);
  assert.throws(() => parse("STATS\nno colon\n\n"), /without a name/);
});

test("STATS bodies are checked", () => {
  assert.deepEqual(parseStats('{"isOk":false,"errors":[12]}'), { isOk: false, errors: [12], estimations: {} });
  assert.throws(() => parseStats('{"errors":["12"]}'), /list of integers/);
  assert.throws(() => parseStats("[]"), /not an object/);
  assert.throws(() => parseStats("nonsense"), /not JSON/);
});

test("the progress in STATS is taken if it can be shown", () => {
  const told = { step: 2, steps: 3, action: "blink", state: "act", remainingMs: 900, failedSteps: 1, failure: "jump" };
  const progress = (activeLiveness: unknown) => parseStats(JSON.stringify({ errors: [], activeLiveness })).activeLiveness;
  assert.deepEqual(progress(told), told);
  assert.deepEqual(progress({ step: 1, steps: 1, action: "blink", state: "rest", remainingMs: 0, failure: "" }), {
    step: 1,
    steps: 1,
    action: "blink",
    state: "rest",
    failedSteps: 0,
  });
  for (const odd of [null, 7, [], { ...told, step: 4 }, { ...told, step: 0 }, { ...told, steps: 1e9 }, { ...told, state: "odd" }]) {
    assert.equal(progress(odd), undefined);
  }
});

test("the colour in STATS is taken if it is one", () => {
  assert.deepEqual(parseStats('{"errors":[],"display":{"colour":"#ff0000","step":1}}').display, { colour: "#ff0000" });
  for (const odd of ['"red"', "null", '{"colour":"url(x)"}', "{}"]) {
    assert.equal(parseStats(`{"errors":[],"display":${odd}}`).display, undefined);
  }
});

test("a token's payload is decoded, base64url and UTF-8 included", () => {
  const payload = {
    isOk: true,
    errors: [],
    estimations: { note: "ÿ¿ж" },
    jti: "id",
    iat: 5,
    bestshot: "AA==",
    checks: { liveness: { result: "passed" } },
  };
  const jwt = `e30.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.sig`;
  assert.deepEqual(decodeToken(jwt), payload);
  assert.throws(() => decodeToken("nothing"), /not a JWT/);
  assert.throws(() => decodeToken("a.%%%.c"), /not base64/);
});

declare const Buffer: { from(text: string): { toString(encoding: string): string } };
