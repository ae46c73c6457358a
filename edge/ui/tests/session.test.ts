import { test } from "node:test";
import assert from "node:assert/strict";
import { check } from "../lib/check";
import { Session, type Socket } from "../lib/session";

/** A socket whose other end is the test. */
class FakeSocket {
  binaryType: BinaryType = "blob";
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  sent: (string | Uint8Array)[] = [];
  closed = false;
  /** Called with each frame, to answer it. */
  answer: (count: number) => void = () => {};

  send(data: unknown): void {
    this.sent.push(data as string | Uint8Array);
    if (typeof data !== "string") queueMicrotask(() => this.answer(this.sent.length - 1));
  }
  close(): void {
    this.closed = true;
  }
  open(): void {
    this.onopen?.call(this as never, {} as Event);
  }
  say(text: string): void {
    this.onmessage?.call(this as never, { data: text } as MessageEvent);
  }
  drop(code: number): void {
    this.onclose?.call(this as never, { code, reason: "" } as CloseEvent);
  }
}

const image = new Blob([Uint8Array.of(1, 2, 3)], { type: "image/jpeg" });
const bytes = Uint8Array.of(1, 2, 3);
const stats = (...codes: number[]) =>
  `STATS\ncontent-type:application/json\n\n${JSON.stringify({ isOk: false, errors: codes, estimations: {} })}`;
const success = `SUCCESS\ncontent-type:application/jwt\n\ne30.${btoa(JSON.stringify({ isOk: true, errors: [], jti: "s1" }))}.x`;

function connect(
  options: { heartbeat?: number; connectTimeout?: number; silence?: number; replyTimeout?: number; signal?: AbortSignal } = {},
) {
  const socket = new FakeSocket();
  const session = Session.open({ url: "ws://test/ws", socket: () => socket as unknown as Socket, ...options });
  session.catch(() => {});
  return { socket, session };
}

async function connected(options = {}) {
  const { socket, session } = connect(options);
  socket.open();
  socket.say("CONNECTED\nsession-id:s1\nversion:1.0\n\n");
  return { socket, session: await session };
}

test("a session opens with CONNECT and takes the server's ID", async () => {
  const { socket, session } = await connected();
  assert.equal(socket.sent[0], "CONNECT\nversion:1.0\nheartbeat:1000\n\n");
  assert.equal(session.id, "s1");
  session.close();
  assert.ok(socket.closed);
});

test("a session keeps the secret that resumes it, and sends it", async () => {
  const { socket, session } = await connected();
  assert.equal(session.resumeSecret, "");
  socket.say("CONNECTED\nsession-id:s1\nresume-secret:s3\nversion:1.0\n\n");
  assert.equal(session.resumeSecret, "s3");
  const next = new FakeSocket();
  const options = {
    url: "ws://test/ws",
    socket: () => next as unknown as Socket,
    sessionId: session.id,
    resumeSecret: session.resumeSecret,
  };
  const resumed = Session.open(options);
  next.open();
  assert.equal(next.sent[0], "CONNECT\nversion:1.0\nheartbeat:1000\nsession-id:s1\nresume-secret:s3\n\n");
  next.say("CONNECTED\nsession-id:s1\nversion:1.0\n\n"); // from a server that does not repeat it
  assert.equal((await resumed).resumeSecret, "s3");
  session.close();
  (await resumed).close();
});

test("CONNECT carries the options of the session", async () => {
  const socket = new FakeSocket();
  Session.open({
    url: "ws://test/ws",
    socket: () => socket as unknown as Socket,
    heartbeat: 500,
    sessionId: "s1",
    token: "t",
    device: "cam",
  }).catch(() => {});
  socket.open();
  assert.equal(socket.sent[0], "CONNECT\nversion:1.0\nheartbeat:500\nsession-id:s1\ntoken:t\ndevice:cam\n\n");
  socket.drop(1006);
});

test("a second frame cannot be sent before the first is answered", async () => {
  const { socket, session } = await connected();
  const first = session.send("image/jpeg", bytes);
  assert.throws(() => session.send("image/jpeg", bytes), /not been answered/);
  socket.say("HEARTBEAT\n\n");
  assert.throws(() => session.send("image/jpeg", bytes), /not been answered/);
  socket.say(stats(8));
  assert.deepEqual(await first, { kind: "stats", stats: { isOk: false, errors: [8], estimations: {} } });
  const second = session.send("image/jpeg", bytes);
  assert.equal(socket.sent.length, 3);
  session.close();
  await assert.rejects(second, { failure: "cancelled" });
});

test("each end is a failure with a name", async () => {
  const refused = connect();
  refused.socket.drop(1006);
  await assert.rejects(refused.session, { failure: "unreachable" });

  const busy = connect();
  busy.socket.open();
  busy.socket.say("ERROR\nerror: 1009\n\n");
  await assert.rejects(busy.session, { failure: "busy", detail: "ERROR 1009" });

  const slow = connect({ connectTimeout: 1 });
  await assert.rejects(slow.session, { failure: "unreachable" });

  const aborted = new AbortController();
  const leaving = connect({ signal: aborted.signal });
  aborted.abort();
  await assert.rejects(leaving.session, { failure: "cancelled" });
  assert.ok(leaving.socket.closed);

  for (const [code, failure] of [
    [1006, "lost"],
    [1012, "lost"],
    [4001, "attempts"],
    [4003, "differentFace"],
    [4005, "actionsFailed"],
    [4006, "tookTooLong"],
    [4007, "notMeasured"],
    [4008, "timeout"],
    [4009, "lockedOut"],
    [1011, "internal"],
    [4999, "internal"],
  ] as const) {
    const { socket, session } = await connected();
    const reply = session.send("image/jpeg", bytes);
    socket.drop(code);
    await assert.rejects(reply, { failure, detail: `close ${code}` });
    await assert.rejects(session.send("image/jpeg", bytes), { failure });
  }

  const strange = await connected();
  const reply = strange.session.send("image/jpeg", bytes);
  strange.socket.say("WHAT\n\n");
  await assert.rejects(reply, { failure: "outdated" });

  const quiet = await connected({ silence: 1 });
  assert.equal((await quiet.session.ended).failure, "lost");
});

test("an unanswered frame ends the session in spite of heartbeats", async () => {
  const { socket, session } = await connected({ replyTimeout: 30 });
  const reply = session.send("image/jpeg", bytes);
  const beats = setInterval(() => socket.say("HEARTBEAT\n\n"), 5);
  await assert.rejects(reply, { failure: "noReply" });
  clearInterval(beats);
});

test("a session without frames lives on heartbeats, as during a permission dialogue", async () => {
  const { socket, session } = await connected({ silence: 200 });
  await new Promise<void>((resolve) => {
    let beats = 0;
    const timer = setInterval(() => {
      socket.say("HEARTBEAT\n\n");
      if (++beats < 40) return;
      clearInterval(timer);
      resolve();
    }, 10);
  });
  assert.ok(!socket.closed);
  const reply = session.send("image/jpeg", bytes);
  socket.say(stats(37));
  assert.equal((await reply).kind, "stats");
  session.close();
});

test("check feeds frames until SUCCESS and reports each STATS", async () => {
  const { socket, session } = await connected();
  const seen: number[][] = [];
  socket.answer = (count) => socket.say(count < 3 ? stats(8, count) : success);
  const passed = await check(session, { nextFrame: async () => image, onStats: ({ errors }) => seen.push(errors) });
  assert.deepEqual(seen, [
    [8, 1],
    [8, 2],
  ]);
  assert.equal(passed.result.jti, "s1");
  assert.ok(socket.closed);
});

test("check continues after a refused frame, but not after three in a row", async () => {
  const one = await connected();
  one.socket.answer = (count) => one.socket.say(count < 3 ? "ERROR\nerror:1002\n\n" : success);
  await check(one.session, { nextFrame: async () => image, onStats: () => {} });

  const three = await connected();
  three.socket.answer = () => three.socket.say("ERROR\nerror:1000\n\n");
  await assert.rejects(check(three.session, { nextFrame: async () => image, onStats: () => {} }), {
    failure: "internal",
    detail: "ERROR 1000",
  });
  assert.equal(three.socket.sent.length, 4);
  assert.ok(three.socket.closed);
});

test("check stops immediately when the server closes while it waits for a picture", async () => {
  const { socket, session } = await connected();
  const running = check(session, { nextFrame: () => new Promise(() => {}), onStats: () => {} });
  socket.drop(4008);
  await assert.rejects(running, { failure: "timeout" });
});

test("check reports the refusal rather than the close that follows it", async () => {
  const { socket, session } = await connected();
  socket.answer = () => {
    socket.say("ERROR\nerror:1000\n\n");
    socket.drop(1011);
  };
  await assert.rejects(check(session, { nextFrame: async () => image, onStats: () => {} }), { failure: "internal", detail: "ERROR 1000" });
});

test("check passes on what the camera throws, and leaves the session", async () => {
  const { socket, session } = await connected();
  const nextFrame = () => Promise.reject(new Error("unplugged"));
  await assert.rejects(check(session, { nextFrame, onStats: () => {} }), /unplugged/);
  assert.ok(socket.closed);
});

test("check continues in the resumed session with the pending picture", async () => {
  const first = await connected();
  const second = await connected();
  let give: (image: Blob) => void = () => {};
  let asked = 0;
  const running = check(first.session, {
    nextFrame: () => new Promise((resolve) => ((give = resolve), asked++)),
    onStats: () => {},
    goOn: async ({ failure }, judged) => {
      assert.equal(failure, "lost");
      assert.equal(judged, false);
      return second.session;
    },
  });
  second.socket.answer = () => second.socket.say(success);
  first.socket.drop(1006);
  await first.session.ended;
  give(image);
  assert.equal((await running).result.jti, "s1");
  assert.equal(asked, 1);
});

test("check goes on in a new session with the next picture, and knows which session judged a frame", async () => {
  const [first, second, third] = [await connected(), await connected(), await connected()];
  second.session.id = third.session.id = "s2";
  first.socket.answer = (count) => (count === 1 ? first.socket.say(stats(8)) : first.socket.drop(4008));
  second.socket.answer = () => second.socket.drop(1006);
  third.socket.answer = () => third.socket.say(success);
  const ends: string[] = [];
  const passed = await check(first.session, {
    nextFrame: async () => image,
    onStats: () => {},
    goOn: async ({ failure }, judged, picture) => {
      ends.push(`${failure} ${judged} ${(await picture()) === image}`);
      return failure === "timeout" ? second.session : third.session;
    },
  });
  assert.equal(passed.result.jti, "s1");
  assert.deepEqual(ends, ["timeout true true", "lost false true"]);
});

test("check ends with a decision, whatever might go on", async () => {
  const { socket, session } = await connected();
  const running = check(session, { nextFrame: () => new Promise(() => {}), onStats: () => {}, goOn: async () => undefined });
  socket.drop(4003);
  await assert.rejects(running, { failure: "differentFace" });
});

test("silence counts by the heartbeats: never without them, and for three of them at least", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const [heartbeat, after, lost] of [
    [0, 1_000_000, false],
    [1000, 15_001, true],
    [60_000, 60_000, false],
    [60_000, 180_001, true],
  ] as const) {
    const { session } = await connected({ heartbeat });
    t.mock.timers.tick(after);
    let ended = false;
    void session.ended.then(() => (ended = true));
    await Promise.resolve();
    assert.equal(ended, lost, `${heartbeat} ms, after ${after}`);
    session.close();
  }
});
