import { useCallback, useEffect, useState } from "preact/hooks";
import { call, type Problem } from "./api";

export interface Load<T> {
  data: T | undefined;
  /** The error of the latest request; data may still be from an earlier one. */
  problem: Problem | undefined;
  reload: () => void;
  set: (data: T) => void;
}

/** Fetches a path, and again when it changes or reload is called. Fetches nothing for null. */
export function useLoad<T>(path: string | null): Load<T> {
  const [state, setState] = useState<{ data?: T; problem?: Problem }>({});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    call<T>("GET", path, { signal: abort.signal }).then(
      (data) => setState({ data }),
      (problem: Problem) => abort.signal.aborted || setState(({ data }) => ({ problem, ...(data !== undefined && { data }) })),
    );
    return () => abort.abort();
  }, [path, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const set = useCallback((data: T) => setState({ data }), []);
  return { data: state.data, problem: state.problem, reload, set };
}

/** Calls reload periodically while the page is visible. */
export function usePolling(reload: () => void, milliseconds: number, active = true): void {
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => document.hidden || reload(), milliseconds);
    return () => clearInterval(timer);
  }, [reload, milliseconds, active]);
}
