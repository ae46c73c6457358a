// Waits with a timeout and a signal.
import { cancelled, type PassError } from "./errors";

/** Resolves after the given milliseconds; rejects with a PassError `cancelled` when the signal is aborted. */
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

/** Settles like the promise, unless the timeout or the signal comes first. `late` receives a value that arrives after that. */
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
