// Detects faces in the browser, so that pictures without one are not sent. Its files are fetched from the server when first
// needed.
import { within } from "./wait";
import { PassError } from "./errors";

/** The interface of face/face.ts. */
interface Detector {
  find(picture: CanvasImageSource, width: number, height: number): Promise<{ face: object | undefined; light: number }>;
}

interface FaceModule {
  FaceDetector: { load(base: URL, signal?: AbortSignal): Promise<Detector> };
}

const loaded = new Map<string, Promise<Detector>>();

/** Fetches the detector from the directory `base`, once per page. Rejects if that takes too long. */
export function loadDetector(base: URL, timeout: number, signal?: AbortSignal): Promise<Detector> {
  const key = base.href;
  let detector = loaded.get(key);
  if (!detector) {
    detector = (async () => {
      const url = new URL("face.js", base).href;
      const module = (await import(/* webpackIgnore: true */ /* @vite-ignore */ url)) as FaceModule;
      return module.FaceDetector.load(base);
    })();
    loaded.set(key, detector);
    detector.catch(() => loaded.delete(key)); // the next check tries again
  }
  return within(detector, timeout, () => new PassError("internal", "the face detector did not load in time"), signal);
}

export type { Detector };
