// The frame loop: sends one image after another until the session is decided.
import { errorFailure, PassError } from "./errors";
import type { Result, Stats } from "./lpproto";
import type { Session } from "./session";

export interface CheckOptions {
  /** Returns the next image. It may wait (for a camera frame, a face, the right pace); a rejection ends the check. */
  nextFrame: () => Promise<Blob>;
  /** Called after each frame that was judged and did not end the session. */
  onStats: (stats: Stats) => void;
  /**
   * Called when the session ended, or the connection broke. Returns the session to go on with, the same or a new one; undefined if
   * that is the end. `judged` says whether a frame of the session was judged; `picture` waits for the picture to send next.
   */
  goOn?: (reason: PassError, judged: boolean, picture: () => Promise<unknown>) => Promise<Session | undefined>;
}

export interface Passed {
  /** The signed token. The service that relies on it has to verify the signature. */
  jwt: string;
  /** The token's payload. */
  result: Result;
}

/** ERROR codes after which the socket stays open, so that another frame can be sent. */
const RETRYABLE = [1000, 1002, 1006, 1012];
const MAX_REFUSED_IN_A_ROW = 3;

/** Runs a session to its end. Rejects with a PassError or what nextFrame threw; always closes the session. */
export async function check(session: Session, { nextFrame, onStats, goOn }: CheckOptions): Promise<Passed> {
  let refused = 0;
  let judged = false;
  let refusal: PassError | undefined;
  let next: Promise<Blob> | undefined; // kept when a connection breaks, for the next one
  try {
    for (;;) {
      try {
        next ??= nextFrame();
        const image = await Promise.race([next, thrown(session.ended)]);
        next = undefined;
        const bytes = new Uint8Array(await image.arrayBuffer());
        const reply = await session.send(image.type, bytes);
        if (reply.kind === "success") return { jwt: reply.jwt, result: reply.result };
        if (reply.kind === "error") {
          refusal = errorFailure(reply.code);
          if (!RETRYABLE.includes(reply.code) || ++refused >= MAX_REFUSED_IN_A_ROW) throw refusal;
          continue;
        }
        refused = 0;
        refusal = undefined;
        judged = true;
        onStats(reply.stats);
      } catch (error) {
        const ended = error instanceof PassError ? error : undefined;
        const other: Session | undefined = ended && (await goOn?.(ended, judged, () => (next ??= nextFrame())));
        if (other) {
          judged &&= other.id === session.id;
          session = other;
        }
        // An ERROR followed by a close is more informative than the close.
        else if (refusal && ended && ended.failure !== "cancelled") throw refusal;
        else throw error;
      }
    }
  } finally {
    next?.catch(() => {}); // no longer awaited
    session.close();
  }
}

function thrown(ended: Promise<PassError>): Promise<never> {
  const rejected = ended.then((end): never => {
    throw end;
  });
  rejected.catch(() => {}); // it may settle when it is no longer awaited
  return rejected;
}
