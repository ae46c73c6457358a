// Notifies the host of the page: an embedding page or the web view of an app.
import { isOrigin } from "../lib/config";

/** A message to the host. */
export type HostMessage =
  | { type: "ready" }
  | { type: "started"; sessionId: string }
  | { type: "success"; sessionId: string; jwt: string }
  | { type: "failure"; sessionId: string; failure: string; detail: string };

interface AppWindow {
  /** Android: `addJavascriptInterface(object, "Android")`. */
  Android?: { onSelene?: (json: string) => void };
  /** iOS: `userContentController.add(handler, name: "selene")`. */
  webkit?: { messageHandlers?: { selene?: { postMessage: (message: unknown) => void } } };
}

/**
 * Returns the origin that receives messages: the one in `?origin=`, if the config allows it; without `?origin=`, the only one
 * that the config allows. Returns undefined if no messages are to be sent: a token must not go to an unknown origin.
 */
export function targetOrigin(asked: string | null, allowed: readonly string[] | undefined): string | undefined {
  if (asked !== null) return isOrigin(asked) && (!allowed || allowed.includes(asked)) ? asked : undefined;
  return allowed?.length === 1 ? allowed[0] : undefined;
}

export class Host {
  constructor(private readonly origin: string | undefined) {}

  notify(message: HostMessage): void {
    const full = { source: "selene", ...message };
    if (parent !== window && this.origin) parent.postMessage(full, this.origin);
    const { Android, webkit } = window as unknown as AppWindow;
    Android?.onSelene?.(JSON.stringify(full));
    webkit?.messageHandlers?.selene?.postMessage(full);
  }
}
