// Waits that end: at a time-out, at an abort.
import { cancelled, type PassError } from "./errors";

/** Resolves after so many milliseconds; rejects with a PassError `cancelled` when the signal is aborted. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(cancelled(signal));
    const stop = () => {
      clearTimeout(timer);
      reject(cancelled(signal));
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      },
      Math.max(0, ms),
    );
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** What the promise gives, unless the time or the signal comes first. `late` gets what arrives after all, to put it away. */
export function within<T>(
  promise: Promise<T>,
  ms: number,
  failure: () => PassError,
  signal?: AbortSignal,
  late?: (value: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (act: () => void) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      act();
    };
    const stop = () => settle(() => reject(cancelled(signal)));
    const timer = setTimeout(() => settle(() => reject(failure())), ms);
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    promise.then(
      (value) => (settled ? late?.(value) : settle(() => resolve(value))),
      (error) => settle(() => reject(error)),
    );
  });
}
