// SelenePass: a camera, a session and what may go wrong between them.
import { Camera, type ImageOptions, type Mode } from "./camera";
import { check, type Passed } from "./check";
import { Emitter } from "./emitter";
import { asPassError, PassError } from "./errors";
import { loadDetector, type Detector } from "./front_detector";
import type { Stats } from "./lpproto";
import { Session, type Socket } from "./session";
import { delay } from "./wait";

/** Milliseconds that each wait lasts at most. */
export interface Timeouts {
  /** For a person to answer the browser's question. */
  permission: number;
  /** From then to the camera's first picture. */
  picture: number;
  /** For the server to answer a connection. */
  connect: number;
  /** For the answer to a frame. */
  reply: number;
  /** Without any message of the server. */
  silence: number;
  /** For the front detector to load; then the check goes on without it. */
  detector: number;
}

/** How a broken connection is taken up again, with the same session. Delays double, and vary by half. */
export interface Reconnect {
  tries: number;
  /** Milliseconds before the first try. */
  firstDelay: number;
  /** Milliseconds between tries at most. */
  maxDelay: number;
}

export interface PassOptions {
  /** The server's WebSocket: `wss://selene.example/ws`. */
  url: string | URL;
  /** Shows the camera's picture; it is mirrored and zoomed by its `transform`. */
  video: HTMLVideoElement;
  /** `selfie` unless it says otherwise. */
  mode?: Mode;
  /** What the camera should give. */
  camera?: MediaTrackConstraints;
  image?: ImageOptions;
  /** Milliseconds from one frame to the next at least. */
  interval?: number | (() => number);
  /** A session that was made beforehand, or that is to be gone on with, and what opens it. */
  sessionId?: string;
  token?: string;
  /** Milliseconds between the server's heartbeats; 1000 unless it says otherwise. */
  heartbeat?: number;
  /** Sends no picture without a face. On unless `false`; a URL is the folder of `face.js`, by default `lib/` beside the server's `ws`. */
  frontDetector?: boolean | string | URL;
  /** `false` gives up at the first break. */
  reconnect?: Partial<Reconnect> | false;
  timeouts?: Partial<Timeouts>;
  /** For tests: makes the socket. */
  socket?: (url: string) => Socket;
}

/** What is known after a frame: what the server says of it, or that it was not sent because it shows no face. */
export interface Status extends Stats {
  /** The picture was not sent: the front detector found no face in it. */
  local: boolean;
}

export interface PassEvents {
  /** The camera shows its picture. */
  camera: { deviceId: string };
  /** The server has taken the session; `resumed` after a break. */
  connected: { sessionId: string; resumed: boolean };
  /** The connection broke and will be tried again after `delay` milliseconds. */
  reconnecting: { attempt: number; delay: number; reason: PassError };
  status: Status;
  passed: Passed;
  failed: PassError;
  /** Something is not as it should be, and the check goes on. */
  warning: { message: string; cause: unknown };
}

export interface CallOptions {
  /** Ends the call, and the check with it, with a PassError `cancelled`. */
  signal?: AbortSignal;
}

const TIMEOUTS: Timeouts = { permission: 120_000, picture: 10_000, connect: 10_000, reply: 30_000, silence: 15_000, detector: 15_000 };
const RECONNECT: Reconnect = { tries: 7, firstDelay: 250, maxDelay: 8_000 };
/** Mean brightness below which a picture without a face is simply too dark to show one. */
const DARK = 40;
/** Codes of a picture that was not sent. */
const [TOO_DARK, NO_FACE] = [5, 8];
/** Failures of a connection attempt after which a broken session may still be taken up: the server may not have noticed the break yet. */
const WORTH_ANOTHER_TRY: readonly string[] = ["unreachable", "lost", "session", "busy"];

/**
 * One person's check. `run()` does all of it; its parts can be called one by one. Whatever ends it, the camera is released
 * and the connection closed; afterwards it can be run again. Calls reject with a PassError.
 */
export class SelenePass extends Emitter<PassEvents> {
  private camera: Camera | undefined;
  private session: Session | undefined;
  private stop = new AbortController();
  private opening = false;
  private checking = false;
  private id = "";
  private zoomed = 1;

  constructor(readonly options: PassOptions) {
    super();
  }

  /** The session's id, as the server gave it; "" before. */
  get sessionId(): string {
    return this.session?.id || this.id;
  }

  /** The open camera, for its zoom and name. */
  get openedCamera(): Camera | undefined {
    return this.camera;
  }

  /** A check is going on. */
  get running(): boolean {
    return this.checking;
  }

  /** Opens the camera, connects, and goes on until it is decided. */
  async run(options: CallOptions = {}): Promise<Passed> {
    await this.openCamera(options);
    return this.check(options);
  }

  /** Asks for the camera and shows it; a camera that is open already is closed first. */
  async openCamera({ signal, mode, constraints }: CallOptions & { mode?: Mode; constraints?: MediaTrackConstraints } = {}): Promise<void> {
    if (this.opening || (this.checking && this.camera)) throw new Error("the camera is in use already; close() ends that");
    this.opening = true;
    await this.call(signal, async (signal) => {
      this.dropCamera();
      if (!this.session) this.id = "";
      this.prefetchDetector();
      const { permission, picture } = this.timeouts;
      const camera = await Camera.open({
        video: this.options.video,
        mode: mode ?? this.options.mode ?? "selfie",
        constraints: constraints ?? this.options.camera,
        permissionTimeout: permission,
        pictureTimeout: picture,
        signal,
      });
      this.camera = camera;
      // A page that is left, even one kept by the browser for "back", must not hold the camera.
      addEventListener("pagehide", this.close);
      await this.zoom(this.zoomed);
      this.emit("camera", { deviceId: camera.deviceId });
    }).finally(() => (this.opening = false));
  }

  /** Switches the camera off; a check that is going on is cancelled. */
  releaseCamera(): void {
    if (this.checking) this.close();
    this.dropCamera();
  }

  /** Zooms the camera, now and when it is opened again; 1 is the whole picture. */
  async zoom(value: number): Promise<void> {
    this.zoomed = value;
    await this.camera?.zoom(value).catch((cause) => this.emit("warning", { message: "the camera cannot zoom so", cause }));
  }

  /** Opens the session. `check` does it too. */
  connect({ signal }: CallOptions = {}): Promise<string> {
    return this.call(signal, async (signal) => {
      this.disconnect();
      this.id = "";
      this.session = await this.open(this.options.sessionId, signal);
      this.emit("connected", { sessionId: this.session.id, resumed: false });
      return this.session.id;
    });
  }

  /** Leaves the session; a check that is going on is cancelled. Otherwise the camera stays as it is. */
  disconnect(): void {
    this.id = this.sessionId;
    this.session?.close();
    this.session = undefined;
  }

  /** Sends pictures until it is decided. Opens camera and session if they are not. */
  async check({ signal }: CallOptions = {}): Promise<Passed> {
    if (this.checking) throw new Error("a check is running already; close() ends it");
    this.checking = true;
    try {
      if (!this.camera) await this.openCamera({ signal });
      if (!this.session) await this.connect({ signal });
      const passed = await this.call(signal, (signal) => this.judge(this.camera!, this.session!, signal));
      this.close();
      this.emit("passed", passed);
      return passed;
    } finally {
      this.checking = false;
    }
  }

  /** Ends whatever runs, with `cancelled`; releases the camera and leaves the session. Safe at any time. */
  readonly close = (): void => {
    this.stop.abort();
    this.stop = new AbortController();
    this.disconnect();
    this.dropCamera();
  };

  private dropCamera(): void {
    this.camera?.release();
    this.camera = undefined;
    removeEventListener("pagehide", this.close);
  }

  private async judge(camera: Camera, session: Session, signal: AbortSignal): Promise<Passed> {
    const ended = new AbortController(); // no picture is made any more
    signal.addEventListener("abort", () => ended.abort(signal.reason), { once: true });
    const detector = await this.detector(signal);
    const { reconnect } = this.options;
    let due = 0;
    const nextFrame = async (): Promise<Blob> => {
      for (;;) {
        const { interval = 0 } = this.options;
        await Promise.race([delay(due - performance.now(), ended.signal), camera.stopped]);
        due = performance.now() + (typeof interval === "number" ? interval : interval());
        const image = await Promise.race([camera.picture(this.options.image, ended.signal), camera.stopped]);
        const sight = await detector?.find(camera.canvas, camera.canvas.width, camera.canvas.height);
        if (!sight || sight.face) return image;
        if (!ended.signal.aborted)
          this.emit("status", { isOk: false, errors: [sight.light < DARK ? TOO_DARK : NO_FACE], estimations: {}, local: true });
        due = Math.max(due, performance.now() + 50); // the page gets its turn, whatever the interval
      }
    };
    try {
      return await check(session, {
        nextFrame,
        onStats: (stats) => this.emit("status", { ...stats, local: false }),
        ...(reconnect === false ? {} : { resume: (end: PassError) => this.resume(end, { ...RECONNECT, ...reconnect }, signal) }),
      });
    } finally {
      ended.abort();
    }
  }

  private async resume(reason: PassError, { tries, firstDelay, maxDelay }: Reconnect, signal: AbortSignal): Promise<Session> {
    const id = this.sessionId;
    for (let attempt = 1; attempt <= tries; attempt++) {
      const wait = Math.min(maxDelay, firstDelay * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
      this.emit("reconnecting", { attempt, delay: wait, reason });
      await delay(wait, signal);
      try {
        this.session = await this.open(id, signal);
        this.emit("connected", { sessionId: this.session.id, resumed: true });
        return this.session;
      } catch (error) {
        if (!(error instanceof PassError) || !WORTH_ANOTHER_TRY.includes(error.failure)) throw error;
      }
    }
    throw reason;
  }

  private open(sessionId: string | undefined, signal: AbortSignal): Promise<Session> {
    const { url, token, heartbeat, socket } = this.options;
    const { connect, silence, reply } = this.timeouts;
    return Session.open({
      url: String(url),
      sessionId,
      token,
      heartbeat,
      socket,
      signal,
      connectTimeout: connect,
      silence,
      replyTimeout: reply,
      ...this.camera?.about(),
    });
  }

  /** Where the front detector's files lie, if it is wanted. */
  private get detectorBase(): URL | undefined {
    const { frontDetector = true, url } = this.options;
    if (frontDetector === false || !url) return undefined;
    return frontDetector === true ? besideServer(url) : new URL(frontDetector, document.baseURI);
  }

  /** Lets the detector load while a person answers the browser's question. */
  private prefetchDetector(): void {
    if (this.detectorBase) loadDetector(this.detectorBase, this.timeouts.detector).catch(() => {}); // told when it is needed
  }

  private async detector(signal: AbortSignal): Promise<Detector | undefined> {
    const base = this.detectorBase;
    if (!base) return undefined;
    try {
      return await loadDetector(base, this.timeouts.detector, signal);
    } catch (cause) {
      if (signal.aborted) throw cause;
      this.emit("warning", { message: "the front detector cannot be used; every picture is sent", cause });
      return undefined;
    }
  }

  private get timeouts(): Timeouts {
    return { ...TIMEOUTS, ...this.options.timeouts };
  }

  /** Runs one call: it ends with the caller's signal and with close(), and its failure ends everything. */
  private async call<T>(signal: AbortSignal | undefined, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const own = this.stop;
    const abort = () => own.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    try {
      return await act(own.signal);
    } catch (error) {
      const failure = asPassError(error);
      failure.sessionId = this.sessionId;
      if (own === this.stop) this.close();
      this.emit("failed", failure);
      throw failure;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }
}

/** `lib/` beside the server's socket. */
function besideServer(socket: string | URL): URL {
  const url = new URL("lib/", socket);
  url.protocol = url.protocol === "ws:" ? "http:" : "https:";
  return url;
}
