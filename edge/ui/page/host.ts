// Notifies the host of the page: an embedding page or the web view of an app.
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
 * Returns the origin that receives messages: the one in `?origin=`, if it is the page's own or the config names it; without
 * `?origin=`, the only one that the config names. Returns undefined if no messages are to be sent: everybody can write an address,
 * so a token goes only to origins that somebody with rights has named.
 */
export function targetOrigin(asked: string | null, named: readonly string[] | undefined, own: string): string | undefined {
  if (asked !== null) return asked === own || named?.includes(asked) ? asked : undefined;
  return named?.length === 1 ? named[0] : undefined;
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
