// Typed events.

export type Listener<T> = (detail: T) => void;

/** Calls listeners. An error in one does not affect the others and is reported as an unhandled error. */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Calls the listener for each event of this name, until the returned function is called or the signal is aborted. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>, options: { signal?: AbortSignal } = {}): () => void {
    const set = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, set);
    set.add(listener);
    const off = () => void set.delete(listener);
    options.signal?.addEventListener("abort", off, { once: true });
    return off;
  }

  protected emit<Name extends keyof Events>(name: Name, detail: Events[Name]): void {
    for (const listener of this.listeners.get(name) ?? []) {
      try {
        (listener as Listener<Events[Name]>)(detail);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
