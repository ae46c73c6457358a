// SelenePass: connects a camera and a session, and handles their failures.
import { Camera, type Mode, type PictureState } from "./camera";
import type { ImageOptions } from "./capture";
import { check, type Passed } from "./check";
import { Emitter } from "./emitter";
import { asPassError, PassError } from "./errors";
import { loadDetector, type Detector } from "./front_detector";
import type { Stats } from "./lpproto";
import { frameInterval } from "./pace";
import { Session, type Socket } from "./session";
import { delay, within } from "./wait";

/** The limit of each wait in milliseconds. */
export interface Timeouts {
  /** For the browser's camera permission. */
  permission: number;
  /** For the camera's first picture after that. */
  picture: number;
  /** For a new picture during the check, while the page is seen; the page can tell the person meanwhile. */
  still: number;
  /** For the server to accept the connection, and for a new ticket. */
  connect: number;
  /** For the reply to a frame. */
  reply: number;
  /** Between messages of the server. */
  silence: number;
  /** For the front detector to load; after that the check continues without it. */
  detector: number;
}

/** How to resume the session after a broken connection. Delays double, with up to 50% jitter. */
export interface Reconnect {
  tries: number;
  /** Milliseconds before the first attempt. */
  firstDelay: number;
  /** The maximum delay between attempts in milliseconds. */
  maxDelay: number;
}

export interface PassOptions {
  /** The server's WebSocket: `wss://selene.example/ws`. */
  url: string | URL;
  /** Shows the camera picture, mirrored and zoomed with `transform`. */
  video: HTMLVideoElement;
  /** `selfie` by default. */
  mode?: Mode;
  /** Constraints for the camera. */
  camera?: MediaTrackConstraints;
  image?: ImageOptions;
  /**
   * Milliseconds between frames; 100 by default. Frames that show something to correct are at least 300 apart, since each is an
   * attempt: a person gets minutes to correct it. A function decides alone.
   */
  interval?: number | (() => number);
  /** The ID and the token of a session created in advance; the ID and the secret of a session to resume. */
  sessionId?: string;
  token?: string;
  resumeSecret?: string;
  /**
   * Returns another ticket. Called when the session has to be opened again: its ticket opens one session, and that ended before it
   * could judge the person. Without it, such a check fails with `session`.
   */
  renew?: () => Promise<Ticket>;
  /** Milliseconds between the server's heartbeats; 1000 by default. */
  heartbeat?: number;
  /** Whether to send only pictures with a face; on by default. A URL sets the directory of `face.js`, by default `lib/` next to the server's `ws`. */
  frontDetector?: boolean | string | URL;
  /** `false` fails when the connection breaks. */
  reconnect?: Partial<Reconnect> | false;
  timeouts?: Partial<Timeouts>;
  /** Creates the socket; for tests. */
  socket?: (url: string) => Socket;
}

/** The ID and the token of a session created in advance. */
export interface Ticket {
  sessionId: string;
  token: string;
}

/** The status of a frame: the server's reply, or that it was not sent because it shows no face. */
export interface Status extends Stats {
  /** The picture was not sent: the front detector found no face in it. */
  local: boolean;
}

export interface PassEvents {
  /** The camera has been opened. */
  camera: { deviceId: string };
  /** What the camera's picture does changed. While it does not flow, nothing is sent, and the check waits. */
  picture: { state: PictureState };
  /** The server has opened the session; `resumed` after a broken connection. A session that ended unused is replaced by a new one. */
  connected: { sessionId: string; resumed: boolean };
  /** The connection broke; the next attempt follows after `delay` milliseconds. */
  reconnecting: { attempt: number; delay: number; reason: PassError };
  status: Status;
  passed: Passed;
  failed: PassError;
  /** Something failed, but the check continues. */
  warning: { message: string; cause: unknown };
}

export interface CallOptions {
  /** Ends the call and the check with a PassError `cancelled`. */
  signal?: AbortSignal;
}

const TIMEOUTS: Timeouts = {
  permission: 120_000,
  picture: 10_000,
  still: 60_000,
  connect: 10_000,
  reply: 30_000,
  silence: 15_000,
  detector: 15_000,
};
const RECONNECT: Reconnect = { tries: 7, firstDelay: 250, maxDelay: 8_000 };
/** The mean brightness below which a picture without a face is reported as too dark. */
const DARK = 40;
/** Codes of pictures that are not sent. */
const [TOO_DARK, NO_FACE] = [5, 8];
/** Ends of a connection after which the session is resumed. */
const BROKEN: readonly string[] = ["lost", "noReply"];
/** The sessions that are opened in a row without one of them judging a frame. */
const MOST_UNUSED = 3;
/** Milliseconds without pictures in a session that excuse that its time has run out. */
const LONG_PAUSE = 10_000;
/** Failures of an attempt to resume after which another one is made: the server may not have noticed the break yet. */
const WORTH_ANOTHER_TRY: readonly string[] = ["unreachable", "lost", "session", "busy"];

/**
 * A check of one user. `run()` does everything; its parts can be called separately. At every end the camera is released and the
 * connection closed; after that the check can run again. Calls reject with a PassError.
 */
export class SelenePass extends Emitter<PassEvents> {
  private camera: Camera | undefined;
  private session: Session | undefined;
  private stop = new AbortController();
  private opening = false;
  private checking = false;
  private id = "";
  private secret = "";
  private spent = ""; // the token of the last session
  private zoomed = 1;
  private unused = 0; // sessions in a row that judged nothing
  private paused = { since: Infinity, total: 0 }; // the time without pictures in this session

  constructor(readonly options: PassOptions) {
    super();
  }

  /** The session ID from the server; "" before there is one. */
  get sessionId(): string {
    return this.session?.id || this.id;
  }

  /** What resumes the session besides its ID, after a reload of the page; "" before there is one, and with a token. */
  get resumeSecret(): string {
    return this.session?.resumeSecret || this.secret;
  }

  /** The open camera, for its zoom and name. */
  get openedCamera(): Camera | undefined {
    return this.camera;
  }

  /** Whether a check is running. */
  get running(): boolean {
    return this.checking;
  }

  /** Opens the camera, connects, and sends pictures until the session is decided. */
  async run(options: CallOptions = {}): Promise<Passed> {
    await this.openCamera(options);
    return this.check(options);
  }

  /** Opens the camera and shows its picture; closes an open camera first. */
  async openCamera({ signal, mode, constraints }: CallOptions & { mode?: Mode; constraints?: MediaTrackConstraints } = {}): Promise<void> {
    if (this.opening || (this.checking && this.camera)) throw new Error("the camera is already in use; call close() first");
    this.opening = true;
    await this.call(signal, async (signal) => {
      this.dropCamera();
      if (!this.session) this.id = this.secret = "";
      // A page that has been left, even one in the back/forward cache, must not keep the camera.
      addEventListener("pagehide", this.close);
      this.prefetchDetector();
      const { permission, picture, still } = this.timeouts;
      const camera = await Camera.open({
        video: this.options.video,
        mode: mode ?? this.options.mode ?? "selfie",
        constraints: constraints ?? this.options.camera,
        permissionTimeout: permission,
        pictureTimeout: picture,
        stillTimeout: still,
        onPicture: (state) => this.onPicture(state),
        signal,
      });
      this.camera = camera;
      await this.zoom(this.zoomed);
      this.emit("camera", { deviceId: camera.deviceId });
    }).finally(() => (this.opening = false));
  }

  /** Switches the camera off; cancels a running check. */
  releaseCamera(): void {
    if (this.checking) this.close();
    this.dropCamera();
  }

  /** Zooms the camera, now and whenever it is opened again; 1 is the whole picture. */
  async zoom(value: number): Promise<void> {
    this.zoomed = value;
    await this.camera?.zoom(value).catch((cause) => this.emit("warning", { message: "the camera cannot zoom to this value", cause }));
  }

  /** Opens the session. `check` does so if necessary. */
  connect({ signal }: CallOptions = {}): Promise<string> {
    return this.call(signal, async (signal) => {
      this.disconnect();
      this.id = this.secret = "";
      this.unused = 0;
      const { token, renew } = this.options;
      if (renew && token && token === this.spent) await this.ticket(new PassError("session"), signal);
      const { sessionId, resumeSecret } = this.options;
      return (await this.begin(sessionId, resumeSecret, signal)).id;
    });
  }

  /** Leaves the session and cancels a running check. Without one, the camera stays on. */
  disconnect(): void {
    [this.id, this.secret] = [this.sessionId, this.resumeSecret];
    this.session?.close();
    this.session = undefined;
  }

  /** Sends pictures until the session is decided. Opens camera and session if necessary. */
  async check({ signal }: CallOptions = {}): Promise<Passed> {
    if (this.checking) throw new Error("a check is already running; call close() first");
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

  /** Cancels running calls, releases the camera and leaves the session. Can be called at any time. */
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
    const ended = new AbortController(); // stops capturing pictures
    signal.addEventListener("abort", () => ended.abort(signal.reason), { once: true });
    const detector = await this.detector(signal);
    let [taken, quiet] = [-Infinity, 0];
    let last: Status | undefined;
    const tell = (status: Status) => this.emit("status", (last = status));
    const nextFrame = async (): Promise<Blob> => {
      for (;;) {
        const { interval } = this.options;
        const due = taken + (typeof interval === "function" ? interval() : frameInterval(last, interval));
        await Promise.race([delay(Math.max(due, quiet) - performance.now(), ended.signal), camera.stopped]);
        taken = performance.now();
        const image = await Promise.race([camera.picture(this.options.image, ended.signal), camera.stopped]);
        const sight = await detector?.find(camera.canvas, camera.canvas.width, camera.canvas.height);
        if (!sight || sight.face) return image;
        if (!ended.signal.aborted) tell({ isOk: false, errors: [sight.light < DARK ? TOO_DARK : NO_FACE], estimations: {}, local: true });
        quiet = performance.now() + 50; // lets the event loop run, even without an interval
      }
    };
    try {
      return await check(session, {
        nextFrame,
        onStats: (stats) => {
          this.unused = 0;
          tell({ ...stats, local: false });
        },
        goOn: (reason, judged, picture) => this.goOn(reason, judged, picture, signal),
      });
    } finally {
      ended.abort();
    }
  }

  /** Resumes the session if its connection broke, and opens a new one if it ended because nothing was sent. */
  private async goOn(
    reason: PassError,
    judged: boolean,
    picture: () => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<Session | undefined> {
    const { reconnect } = this.options;
    if (BROKEN.includes(reason.failure) && reconnect !== false) return this.resume(reason, judged, { ...RECONNECT, ...reconnect }, signal);
    const { since, total } = this.paused;
    const excused = total + Math.max(0, performance.now() - since) >= LONG_PAUSE;
    if (reason.failure !== "timeout" && !(reason.failure === "tookTooLong" && excused)) return undefined;
    if (++this.unused > MOST_UNUSED) return undefined;
    await picture();
    const { sessionId } = await this.ticket(reason, signal);
    return this.begin(sessionId, undefined, signal);
  }

  private async resume(
    reason: PassError,
    judged: boolean,
    { tries, firstDelay, maxDelay }: Reconnect,
    signal: AbortSignal,
  ): Promise<Session> {
    const [id, secret] = [this.sessionId, this.resumeSecret];
    const { sessionId, token, renew } = this.options;
    let refused = false;
    for (let attempt = 1; attempt <= tries; attempt++) {
      const wait = Math.min(maxDelay, firstDelay * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
      this.emit("reconnecting", { attempt, delay: wait, reason });
      await delay(wait, signal);
      try {
        this.session = await this.open(id, secret, signal);
        this.emit("connected", { sessionId: this.session.id, resumed: true });
        return this.session;
      } catch (error) {
        if (!(error instanceof PassError) || !WORTH_ANOTHER_TRY.includes(error.failure)) throw error;
        refused = error.failure === "session" && !judged; // it ended unused
        if (refused && !sessionId && !token) return this.begin(undefined, undefined, signal);
      }
    }
    if (refused && renew) return this.begin((await this.ticket(reason, signal)).sessionId, undefined, signal);
    throw reason;
  }

  /** Opens a session that is not continued. */
  private async begin(sessionId: string | undefined, resumeSecret: string | undefined, signal: AbortSignal): Promise<Session> {
    this.session = await this.open(sessionId, resumeSecret, signal);
    this.spent = this.options.token ?? "";
    this.paused.total = 0;
    this.emit("connected", { sessionId: this.session.id, resumed: false });
    return this.session;
  }

  /** Returns what opens another session: a new ticket if the last session had one. */
  private async ticket(reason: PassError, signal: AbortSignal): Promise<Partial<Ticket>> {
    const { renew, token, sessionId } = this.options;
    if (!renew) {
      if (token) throw new PassError("session", reason.detail, { cause: reason });
      return { sessionId };
    }
    const failure = (cause: unknown) => new PassError("session", "no new ticket", { cause });
    const asked = renew().catch((cause) => {
      throw failure(cause);
    });
    return Object.assign(this.options, await within(asked, this.timeouts.connect, () => failure(reason), signal));
  }

  private onPicture(state: PictureState): void {
    const { since, total } = this.paused;
    const now = performance.now();
    this.paused = state === "flows" ? { since: Infinity, total: total + Math.max(0, now - since) } : { since: Math.min(since, now), total };
    this.emit("picture", { state });
  }

  private open(sessionId: string | undefined, resumeSecret: string | undefined, signal: AbortSignal): Promise<Session> {
    const { url, token, heartbeat, socket } = this.options;
    const { connect, silence, reply } = this.timeouts;
    return Session.open({
      url: String(url),
      sessionId,
      token,
      resumeSecret,
      heartbeat,
      socket,
      signal,
      connectTimeout: connect,
      silence,
      replyTimeout: reply,
      ...this.camera?.about(),
    });
  }

  /** The directory of the front detector's files, if it is enabled. */
  private get detectorBase(): URL | undefined {
    const { frontDetector = true, url } = this.options;
    if (frontDetector === false || !url) return undefined;
    return frontDetector === true ? besideServer(url) : new URL(frontDetector, document.baseURI);
  }

  /** Loads the detector while the user answers the permission request. */
  private prefetchDetector(): void {
    if (this.detectorBase) loadDetector(this.detectorBase, this.timeouts.detector).catch(() => {}); // reported when it is needed
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

  /** Runs one call, which ends with the caller's signal or with close(). A failure ends everything. */
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

/** Returns `lib/` next to the server's socket. */
function besideServer(socket: string | URL): URL {
  const url = new URL(socket);
  url.pathname = url.pathname.replace(/[^/]*\/?$/, "lib/"); // some proxies add a slash to the socket's path
  url.search = url.hash = "";
  url.protocol = url.protocol === "ws:" ? "http:" : "https:";
  return url;
}
