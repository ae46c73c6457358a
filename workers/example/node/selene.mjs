// The worker contract of workers/README.md in JavaScript: everything except judging.
import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, headers, nanos, nkeyAuthenticator } from "@nats-io/transport-node";
import protobuf from "protobufjs";
import { countResult, serveMetrics } from "./metrics.mjs";

const VERSION = 1; // of the messages
const PROTO = process.env.SELENE_SCHEMAS ?? fileURLToPath(new URL("../../../schemas", import.meta.url));
const messages = protobuf.loadSync([`${PROTO}/face.proto`, `${PROTO}/verdict.proto`]);
const Face = messages.lookupType("selene.v1.Face");
const Verdict = messages.lookupType("selene.v1.Verdict");

const ACK_WAIT = 20_000; // ms until an unacknowledged face goes to another process
const STALE = 60_000; // ms after which nobody waits for a verdict any more
const TRIES = 5; // deliveries before a face whose handling fails with a bug is set aside
const DRAIN = 4_000; // ms that faces under way have when the process is stopped
const BEAT = 3_000; // ms between registrations, which live three times as long
const FETCH = 1_000; // ms that the broker holds a request for faces

/** The face cannot be judged, whoever tries: it goes to the dead-letter stream at once. */
export class InputError extends Error {}

/** The pixels of a crop that the worker asked for. */
export function crop(face, worker, want) {
  const found = face.crops.find((c) => c.name === `${worker}/${want.name}`);
  if (!found) throw new InputError(`the face has no crop ${worker}/${want.name}: the worker must be running before the detector handles the frame`);
  if (found.width !== want.width || found.height !== want.height || found.pixels.length !== 3 * want.width * want.height)
    throw new InputError(`crop ${found.name} is ${found.width}x${found.height} of ${found.pixels.length} bytes`);
  return found.pixels;
}

/**
 * Judges faces until SIGTERM or SIGINT. worker is {name, version, crops, judge}; judge(face, own) gets the state it
 * returned for the frame before, or undefined, and returns {errors, estimations, state}, each of which may be left out.
 */
export async function run(worker) {
  const nc = await connect({ ...broker(process.env.SELENE_NATS_URL), ...(await role(worker.name)), name: worker.name, maxReconnectAttempts: -1, reconnectTimeWait: 200 });
  const context = { worker, js: jetstream(nc), jsm: await jetstreamManager(nc), stopping: false };
  const metrics = serveMetrics(worker.name, process.env.SELENE_METRICS_ADDR);
  const stop = () => {
    context.stopping = true;
    setTimeout(() => process.exit(0), DRAIN).unref(); // faces that are still under way are delivered again after ACK_WAIT
  };
  process.once("SIGTERM", stop).once("SIGINT", stop);
  const beat = register(context);
  await Promise.all(["FACES", "RERUN_FACES"].map((stream) => consume(context, stream)));
  clearInterval(beat);
  metrics?.close();
  await nc.close();
}

/** The URL of the broker: nats://user:password@host:port, several with commas. */
function broker(address) {
  if (!address) throw new Error("SELENE_NATS_URL is not set: set it to the broker, for instance nats://127.0.0.1:4222");
  const urls = address.split(",").map((one) => new URL(one));
  const user = urls[0].username && { user: decodeURIComponent(urls[0].username), pass: decodeURIComponent(urls[0].password) };
  return { servers: urls.map(({ host }) => host), ...user };
}

/**
 * The role of the worker on a broker with users. SELENE_NATS_CREDENTIALS is the file with the seed of its nkey, or the folder in which
 * it is <worker>.nk; SELENE_NATS_TLS_CA, _CERT and _KEY are PEM files.
 */
async function role(name) {
  const { SELENE_NATS_CREDENTIALS: at, SELENE_NATS_TLS_CA: caFile, SELENE_NATS_TLS_CERT: certFile, SELENE_NATS_TLS_KEY: keyFile } = process.env;
  const tls = (caFile || certFile) && { tls: { caFile, certFile, keyFile } };
  if (!at) return { ...tls };
  const file = (await stat(at)).isDirectory() ? join(at, `${name}.nk`) : at;
  const seed = (await readFile(file, "utf8")).split("\n").find((line) => line.startsWith("SU"));
  if (!seed) throw new Error(`${file} has no line with the seed of an nkey`);
  return { ...tls, authenticator: nkeyAuthenticator(new TextEncoder().encode(seed.trim())), inboxPrefix: `_INBOX.${name}` };
}

/** Says that the worker is there, which the detector has to know to cut its crops. */
function register({ worker, js }) {
  const subject = `$KV.workers.${worker.name}.${randomBytes(6).toString("hex")}`;
  const value = JSON.stringify({ name: worker.name, version: worker.version, crops: worker.crops });
  const ttl = headers();
  ttl.set("Nats-TTL", `${(3 * BEAT) / 1000}s`);
  const send = () => js.publish(subject, value, { headers: ttl }).catch((error) => console.error("register:", error.message));
  send();
  return setInterval(send, BEAT);
}

/** Takes the faces of a stream from the consumer that all processes of the worker share. */
async function consume(context, stream) {
  const { worker, js, jsm } = context;
  const concurrency = Number(process.env.SELENE_CONCURRENCY) || 2;
  for (let failures = 0; !context.stopping; ) {
    try {
      const shared = {
        durable_name: worker.name, ack_policy: AckPolicy.Explicit, ack_wait: nanos(ACK_WAIT), max_deliver: -1,
        max_ack_pending: 1000, deliver_policy: DeliverPolicy.All,
      };
      // A consumer that exists and differs was created by another version of the worker.
      await jsm.consumers.add(stream, shared).catch(() => jsm.consumers.update(stream, worker.name, shared));
      const consumer = await js.consumers.get(stream, worker.name);
      while (!context.stopping) {
        const underWay = [];
        for await (const message of await consumer.fetch({ max_messages: concurrency, expires: FETCH })) {
          // Fetched and not begun: another process can handle it at once.
          if (context.stopping) message.nak();
          else underWay.push(handle(context, message));
        }
        await Promise.all(underWay);
        failures = 0;
      }
    } catch (error) {
      // A restarted broker has lost the faces and their consumers, which are created again.
      console.error(`${stream}: ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** failures++, 5_000)));
    }
  }
}

/** Judges one face and says what becomes of the message. */
async function handle(context, message) {
  const { worker } = context;
  const began = performance.now();
  const done = (result) => countResult(result, (performance.now() - began) / 1000);
  if (Date.now() - message.time.getTime() > STALE) {
    message.ack();
    return done("stale");
  }
  const tries = message.info.deliveryCount;
  let face;
  try {
    if (tries > 4 * TRIES) throw new InputError(`not handled in ${tries - 1} deliveries`);
    face = decode(message.data);
    await publish(context, face, fields(worker, worker.judge(face, face.state?.workers?.[worker.name])));
    message.ack();
    return done("done");
  } catch (error) {
    const poison = error instanceof InputError;
    if (!poison && (error.infrastructure || tries < TRIES)) {
      message.nak(Math.min(100 * 2 ** (tries - 1), 10_000));
      return done("retried");
    }
    try {
      // The session gets an answer at once, instead of waiting for the worker's timeout.
      if (face) await publish(context, face, { failure: { code: 1000, detail: `${worker.name}: ${error.message}` } });
      await setAside(context, message, error, poison ? "input" : "bug");
      message.term(error.message.slice(0, 100));
      return done("dead");
    } catch {
      message.nak(1_000);
      return done("retried");
    }
  }
}

function decode(data) {
  let face;
  try {
    face = Face.decode(data);
  } catch (error) {
    throw new InputError(`decode a face of ${data.length} bytes: ${error.message}`);
  }
  if (face.version !== VERSION && face.version !== VERSION - 1 || !face.version || !face.name)
    throw new InputError(`face of version ${face.version}, this worker reads ${VERSION}`);
  return face;
}

function fields(worker, { errors, estimations, state }) {
  const plugins = estimations && { [worker.name]: Buffer.from(JSON.stringify(estimations)) };
  return { errors, estimations: plugins && { plugins }, state };
}

/** Stores a verdict. One on the same frame is dropped by the broker within two minutes. */
async function publish({ worker, js }, face, said) {
  const { session, sequence, nonce, run } = face.name;
  const verdict = Verdict.encode({ version: VERSION, name: face.name, worker: worker.name, decider: face.decider, ...said }).finish();
  const subject = run ? `rerun.${run}.verdict.${worker.name}.${session}` : `pass.verdict.${face.decider}.${worker.name}.${session}`;
  const key = [session, sequence, nonce, ...(run ? [run] : [])].join(".");
  await js.publish(subject, verdict, { msgID: `${key}.verdict.${worker.name}` }).catch((error) => {
    throw Object.assign(error, { infrastructure: true });
  });
}

/** Keeps a message that nobody can handle, with the reason. A recording still has its own. */
async function setAside({ worker, js }, message, error, fault) {
  if (message.subject.startsWith("rerun.")) return;
  const why = headers();
  for (const [name, values] of message.headers ?? []) if (name !== "Nats-Msg-Id") for (const value of values) why.append(name, value);
  why.set("Selene-Reason", error.message.replace(/[\r\n]/g, " ").slice(0, 1000));
  why.set("Selene-Fault", fault);
  why.set("Selene-Worker", worker.name);
  why.set("Selene-Subject", message.subject);
  why.set("Selene-Sequence", String(message.seq));
  console.error(`set aside ${message.subject}: ${error.message}`);
  await js.publish(`pass.dead.${worker.name}.${message.subject.split(".").at(-1)}`, message.data, { headers: why });
}
