// The frame loop: one image after another through a session until it is decided.
import { SessionEnd, type Session } from "./session";
import type { Result, Stats } from "./lpproto";

export interface CheckOptions {
  /** Gives the next image. It may wait (for a camera frame, for the right pace); a rejection ends the check. */
  nextFrame: () => Promise<Blob>;
  /** Called after each frame that was judged and did not end the session. */
  onStats: (stats: Stats) => void;
}

export interface Passed {
  jwt: string;
  result: Result;
}

/** The server refused a frame; `code` is an LPProto ERROR number. */
export class FrameRefused extends Error {
  override name = "FrameRefused";
  constructor(readonly code: number) {
    super(`the server refused a frame with ERROR ${code}`);
  }
}

/** ERROR codes after which the socket stays open, so that the next frame may do better. */
const RETRYABLE = [1000, 1002, 1006];
const MAX_REFUSED_IN_A_ROW = 3;

/** Runs a session to its end. Rejects with SessionEnd, FrameRefused or what nextFrame threw; always closes the session. */
export async function check(session: Session, { nextFrame, onStats }: CheckOptions): Promise<Passed> {
  const ended = session.ended.then((end): never => {
    throw end;
  });
  ended.catch(() => {}); // it may settle when nobody races it any more
  let refused = 0;
  let refusal: FrameRefused | undefined;
  try {
    for (;;) {
      const image = await Promise.race([nextFrame(), ended]);
      const bytes = new Uint8Array(await image.arrayBuffer());
      const reply = await session.send(image.type, bytes);
      if (reply.kind === "success") return { jwt: reply.jwt, result: reply.result };
      if (reply.kind === "stats") {
        refused = 0;
        refusal = undefined;
        onStats(reply.stats);
        continue;
      }
      refusal = new FrameRefused(reply.code);
      if (!RETRYABLE.includes(reply.code) || ++refused >= MAX_REFUSED_IN_A_ROW) throw refusal;
    }
  } catch (error) {
    // An ERROR followed by a close says more than the close does.
    if (refusal && error instanceof SessionEnd && error.reason !== "left") throw refusal;
    throw error;
  } finally {
    session.close();
  }
}
