// What stands round the page: a page that embeds it, or an app's web view. It is told what happens.
import { isOrigin } from "../lib/config";

/** What a host is told. */
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
 * The origin that gets messages: the one that `?origin=` names, if the config allows it; without `?origin=` the only one
 * the config allows. undefined: nobody, for a token must not be sent without knowing to whom.
 */
export function targetOrigin(asked: string | null, allowed: readonly string[] | undefined): string | undefined {
  if (asked !== null) return isOrigin(asked) && (!allowed || allowed.includes(asked)) ? asked : undefined;
  return allowed?.length === 1 ? allowed[0] : undefined;
}

export class Host {
  constructor(private readonly origin: string | undefined) {}

  tell(message: HostMessage): void {
    const full = { source: "selene", ...message };
    if (parent !== window && this.origin) parent.postMessage(full, this.origin);
    const { Android, webkit } = window as unknown as AppWindow;
    Android?.onSelene?.(JSON.stringify(full));
    webkit?.messageHandlers?.selene?.postMessage(full);
  }
}
