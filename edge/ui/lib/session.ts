// One LPProto session over one WebSocket. It works in lock-step: a frame cannot be sent before the previous one is answered.
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

/** The server's reply to a frame. */
export type Reply = { kind: "stats"; stats: Stats } | { kind: "success"; jwt: string; result: Result } | { kind: "error"; code: number };

/** The part of WebSocket in use, which tests replace. */
export type Socket = Pick<WebSocket, "binaryType" | "send" | "close" | "onopen" | "onmessage" | "onclose">;

/** The content of CONNECT, with heartbeats every second by default, and how to reach the server. */
export interface SessionOptions extends ConnectOptions {
  url: string;
  /** Milliseconds to wait for CONNECTED. */
  connectTimeout?: number;
  /** Milliseconds without any message, after which the connection counts as lost: three heartbeats at least; none without heartbeats. */
  silence?: number;
  /** Milliseconds to wait for the reply to a frame, regardless of heartbeats. */
  replyTimeout?: number;
  /** Leaves the session, even before it is connected. */
  signal?: AbortSignal;
  socket?: (url: string) => Socket;
}

const HEARTBEAT = 1000;

interface Waiter<T> {
  resolve: (value: T) => void;
  reject: (reason: PassError) => void;
}

export class Session {
  /** The session ID from the server. */
  id: string;
  /** What resumes the session besides its ID, from the server; "" if that is the token, or nothing. */
  resumeSecret: string;
  /** Resolves with the reason once the session has ended; never rejects. */
  readonly ended: Promise<PassError>;

  private reason: PassError | undefined;
  private resolveEnded!: (reason: PassError) => void;
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
    this.resumeSecret = options.resumeSecret ?? "";
    const { heartbeat = HEARTBEAT, silence = 15_000 } = options;
    this.silence = heartbeat === 0 ? 0 : Math.max(silence, 3 * heartbeat);
    this.replyTimeout = options.replyTimeout ?? 30_000;
    this.connecting = connecting;
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    this.socket = (options.socket ?? ((url) => new WebSocket(url)))(options.url);
    this.socket.binaryType = "arraybuffer";
    this.watch(connectTimeout);
    this.socket.onopen = () => {
      this.opened = true;
      this.socket.send(encodeConnect({ ...options, heartbeat }));
    };
    this.socket.onmessage = (event) => this.receive(event.data as string | ArrayBuffer);
    this.socket.onclose = (event) => this.end(this.opened ? closeFailure(event.code, event.reason) : new PassError("unreachable"));
    const { signal } = options;
    const leave = () => this.end(cancelled(signal));
    signal?.addEventListener("abort", leave, { once: true });
    void this.ended.then(() => signal?.removeEventListener("abort", leave));
    if (signal?.aborted) leave();
  }

  /** Sends a frame and waits for the reply. Rejects with a PassError; throws if the previous frame is unanswered. */
  send(contentType: string, image: Uint8Array): Promise<Reply> {
    if (this.waiting) throw new Error("the last frame has not been answered yet");
    if (this.reason) return Promise.reject(this.reason);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.send(encodeFrame(contentType, image));
      this.watch(this.silence);
      this.replyTimer = setTimeout(() => this.end(new PassError("noReply")), this.replyTimeout);
    });
  }

  /** Leaves the session. Can be called at any time, more than once. */
  close(): void {
    this.end(new PassError("cancelled"));
  }

  private receive(data: string | ArrayBuffer): void {
    if (this.reason) return;
    this.watch(this.silence);
    try {
      this.handle(parse(data));
    } catch (error) {
      this.end(new PassError("outdated", asPassError(error).detail));
    }
  }

  private handle(message: Message): void {
    switch (message.command) {
      case "HEARTBEAT":
        return;
      case "CONNECTED":
        this.id = message.headers.get("session-id") ?? this.id;
        this.resumeSecret = message.headers.get("resume-secret") ?? this.resumeSecret;
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
        if (this.connecting) return this.end(errorFailure(code));
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
    if (ms === 0) return;
    this.watchdog = setTimeout(() => this.end(new PassError(this.connecting ? "unreachable" : "lost", "silence")), ms);
  }

  private end(reason: PassError): void {
    if (this.reason) return;
    this.reason = reason;
    clearTimeout(this.watchdog);
    clearTimeout(this.replyTimer);
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.connecting?.reject(reason);
    this.waiting?.reject(reason);
    this.connecting = this.waiting = undefined;
    this.resolveEnded(reason);
  }
}
