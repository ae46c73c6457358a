// One LPProto session over one WebSocket. Lock-step is kept here: a second
// frame cannot leave before the first one is answered.
import { decodeToken, encodeConnect, encodeFrame, parse, parseStats, type ConnectOptions, type Message, type Result, type Stats } from "./lpproto";

/** What the server answered to one frame. */
export type Reply =
  | { kind: "stats"; stats: Stats }
  | { kind: "success"; jwt: string; result: Result }
  | { kind: "error"; code: number };

/**
 * Why a session is over:
 * - `unreachable`: no connection could be made
 * - `lost`: the connection broke
 * - `silent`: nothing was heard from the server for too long
 * - `closed`: the server closed it; `code` is the close code
 * - `error`: the server answered CONNECT with ERROR; `code` is its number
 * - `protocol`: the server sent something that is not LPProto
 * - `left`: this side closed it
 */
export type EndReason = "unreachable" | "lost" | "silent" | "closed" | "error" | "protocol" | "left";

export class SessionEnd extends Error {
  override name = "SessionEnd";
  constructor(
    readonly reason: EndReason,
    readonly code: number = 0,
    detail = "",
  ) {
    super(`session ended: ${reason}${code ? ` ${code}` : ""}${detail ? ` (${detail})` : ""}`);
  }
}

/** The part of WebSocket that is used; tests put their own in its place. */
export type Socket = Pick<WebSocket, "binaryType" | "send" | "close" | "onopen" | "onmessage" | "onclose">;

/** What CONNECT says, heartbeats of a second unless it says otherwise, and how to reach the server. */
export interface SessionOptions extends ConnectOptions {
  url: string;
  /** Milliseconds to wait for CONNECTED. */
  connectTimeout?: number;
  /** Milliseconds without any message, heartbeats included, after which the server counts as gone. */
  silence?: number;
  /** Leaves the session, connected or not yet. */
  signal?: AbortSignal;
  socket?: (url: string) => Socket;
}

interface Waiter<T> {
  resolve: (value: T) => void;
  reject: (reason: SessionEnd) => void;
}

export class Session {
  /** The session's id, as the server gave it. */
  id: string;
  /** Resolves, never rejects, once the session is over for whatever reason. */
  readonly ended: Promise<SessionEnd>;

  private end: SessionEnd | undefined;
  private finish!: (end: SessionEnd) => void;
  private connecting: Waiter<Session> | undefined;
  private waiting: Waiter<Reply> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private readonly socket: Socket;
  private readonly silence: number;
  private opened = false;

  /** Connects; rejects with a SessionEnd. */
  static open(options: SessionOptions): Promise<Session> {
    return new Promise((resolve, reject) => new Session(options, { resolve, reject }));
  }

  private constructor(options: SessionOptions, connecting: Waiter<Session>) {
    const { connectTimeout = 10_000 } = options;
    this.id = options.sessionId ?? "";
    this.silence = options.silence ?? 15_000;
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
    this.socket.onclose = (event) => this.over(endOfClose(event.code, event.reason, this.opened));
    if (options.signal?.aborted) this.close();
    options.signal?.addEventListener("abort", () => this.close(), { once: true });
  }

  /** Sends one frame and waits for its answer. Rejects with a SessionEnd; throws when a frame is still unanswered. */
  send(contentType: string, image: Uint8Array): Promise<Reply> {
    if (this.waiting) throw new Error("the last frame has not been answered yet");
    if (this.end) return Promise.reject(this.end);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.send(encodeFrame(contentType, image));
      this.watch(this.silence);
    });
  }

  /** Leaves the session. Safe to call at any time, more than once. */
  close(): void {
    this.over(new SessionEnd("left"));
  }

  private receive(data: string | ArrayBuffer): void {
    if (this.end) return;
    this.watch(this.silence);
    try {
      this.handle(parse(data));
    } catch (error) {
      this.over(new SessionEnd("protocol", 0, error instanceof Error ? error.message : String(error)));
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
        if (this.connecting) return this.over(new SessionEnd("error", code));
        return this.answer({ kind: "error", code });
      }
      default:
        throw new Error(`unexpected ${message.command}`);
    }
  }

  private answer(reply: Reply): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    waiting?.resolve(reply);
  }

  private watch(ms: number): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.over(new SessionEnd(this.opened ? "silent" : "unreachable")), ms);
  }

  private over(end: SessionEnd): void {
    if (this.end) return;
    this.end = end;
    clearTimeout(this.watchdog);
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.connecting?.reject(end);
    this.waiting?.reject(end);
    this.connecting = this.waiting = undefined;
    this.finish(end);
  }
}

function endOfClose(code: number, detail: string, opened: boolean): SessionEnd {
  if (!opened) return new SessionEnd("unreachable", 0, detail);
  // 1001, 1005, 1006, 1012 and 1013 tell that a connection or a server went away, not that anything was judged.
  if ([1001, 1005, 1006, 1012, 1013].includes(code)) return new SessionEnd("lost", code, detail);
  return new SessionEnd("closed", code, detail);
}
