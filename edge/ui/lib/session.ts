// One LPProto session over one WebSocket. Lock-step is kept here: a second
// frame cannot leave before the first one is answered.
import { asPassError, cancelled, closeFailure, errorFailure, PassError } from "./errors";
import {
  decodeToken,
  encodeConnect,
  encodeFrame,
  parse,
  parseStats,
  type ConnectOptions,
  type Message,
  type Result,
  type Stats,
} from "./lpproto";

/** What the server answered to one frame. */
export type Reply = { kind: "stats"; stats: Stats } | { kind: "success"; jwt: string; result: Result } | { kind: "error"; code: number };

/** The part of WebSocket that is used; tests put their own in its place. */
export type Socket = Pick<WebSocket, "binaryType" | "send" | "close" | "onopen" | "onmessage" | "onclose">;

/** What CONNECT says, heartbeats of a second unless it says otherwise, and how to reach the server. */
export interface SessionOptions extends ConnectOptions {
  url: string;
  /** Milliseconds to wait for CONNECTED. */
  connectTimeout?: number;
  /** Milliseconds without any message, heartbeats included, after which the server counts as gone. */
  silence?: number;
  /** Milliseconds to wait for the answer to a frame, heartbeats or not. */
  replyTimeout?: number;
  /** Leaves the session, connected or not yet. */
  signal?: AbortSignal;
  socket?: (url: string) => Socket;
}

interface Waiter<T> {
  resolve: (value: T) => void;
  reject: (reason: PassError) => void;
}

export class Session {
  /** The session's id, as the server gave it. */
  id: string;
  /** Resolves, never rejects, once the session is over for whatever reason. */
  readonly ended: Promise<PassError>;

  private end: PassError | undefined;
  private finish!: (end: PassError) => void;
  private connecting: Waiter<Session> | undefined;
  private waiting: Waiter<Reply> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private replyTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly socket: Socket;
  private readonly silence: number;
  private readonly replyTimeout: number;
  private opened = false;

  /** Connects; rejects with a PassError. */
  static open(options: SessionOptions): Promise<Session> {
    return new Promise((resolve, reject) => new Session(options, { resolve, reject }));
  }

  private constructor(options: SessionOptions, connecting: Waiter<Session>) {
    const { connectTimeout = 10_000 } = options;
    this.id = options.sessionId ?? "";
    this.silence = options.silence ?? 15_000;
    this.replyTimeout = options.replyTimeout ?? 30_000;
    this.connecting = connecting;
    this.ended = new Promise((resolve) => (this.finish = resolve));
    this.socket = (options.socket ?? ((url) => new WebSocket(url)))(options.url);
    this.socket.binaryType = "arraybuffer";
    this.watch(connectTimeout);
    this.socket.onopen = () => {
      this.opened = true;
      this.socket.send(encodeConnect({ ...options, heartbeat: options.heartbeat ?? 1000 }));
    };
    this.socket.onmessage = (event) => this.receive(event.data as string | ArrayBuffer);
    this.socket.onclose = (event) => this.over(this.opened ? closeFailure(event.code, event.reason) : new PassError("unreachable"));
    const { signal } = options;
    const leave = () => this.over(cancelled(signal));
    signal?.addEventListener("abort", leave, { once: true });
    void this.ended.then(() => signal?.removeEventListener("abort", leave));
    if (signal?.aborted) leave();
  }

  /** Sends one frame and waits for its answer. Rejects with a PassError; throws when a frame is still unanswered. */
  send(contentType: string, image: Uint8Array): Promise<Reply> {
    if (this.waiting) throw new Error("the last frame has not been answered yet");
    if (this.end) return Promise.reject(this.end);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.send(encodeFrame(contentType, image));
      this.watch(this.silence);
      this.replyTimer = setTimeout(() => this.over(new PassError("noReply")), this.replyTimeout);
    });
  }

  /** Leaves the session. Safe to call at any time, more than once. */
  close(): void {
    this.over(new PassError("cancelled"));
  }

  private receive(data: string | ArrayBuffer): void {
    if (this.end) return;
    this.watch(this.silence);
    try {
      this.handle(parse(data));
    } catch (error) {
      this.over(new PassError("outdated", asPassError(error).detail));
    }
  }

  private handle(message: Message): void {
    switch (message.command) {
      case "HEARTBEAT":
        return;
      case "CONNECTED":
        this.id = message.headers.get("session-id") ?? this.id;
        this.connecting?.resolve(this);
        this.connecting = undefined;
        return;
      case "STATS":
        return this.answer({ kind: "stats", stats: parseStats(message.body) });
      case "SUCCESS": {
        const jwt = message.body.trim();
        return this.answer({ kind: "success", jwt, result: decodeToken(jwt) });
      }
      case "ERROR": {
        const code = Number(message.headers.get("error") ?? 0);
        if (this.connecting) return this.over(errorFailure(code));
        return this.answer({ kind: "error", code });
      }
      default:
        throw new Error(`unexpected ${message.command}`);
    }
  }

  private answer(reply: Reply): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    clearTimeout(this.replyTimer);
    waiting?.resolve(reply);
  }

  private watch(ms: number): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.over(new PassError(this.connecting ? "unreachable" : "lost", "silence")), ms);
  }

  private over(end: PassError): void {
    if (this.end) return;
    this.end = end;
    clearTimeout(this.watchdog);
    clearTimeout(this.replyTimer);
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.connecting?.reject(end);
    this.waiting?.reject(end);
    this.connecting = this.waiting = undefined;
    this.finish(end);
  }
}
