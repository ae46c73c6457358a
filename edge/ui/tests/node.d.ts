// The few parts of Node that the tests use, so that no type package is needed.
declare module "node:test" {
  interface Timers {
    enable(options: { apis: string[] }): void;
    tick(ms: number): void;
  }
  export function test(name: string, run: (t: { mock: { timers: Timers } }) => void | Promise<void>): void;
}
declare module "node:assert/strict" {
  interface Assert {
    equal(actual: unknown, expected: unknown, message?: string): void;
    deepEqual(actual: unknown, expected: unknown, message?: string): void;
    ok(value: unknown, message?: string): void;
    throws(run: () => unknown, expected?: RegExp): void;
    rejects(promise: Promise<unknown>, expected?: RegExp | Record<string, unknown>): Promise<void>;
  }
  const assert: Assert;
  export default assert;
}
declare module "node:fs" {
  export function readFileSync(path: URL): Uint8Array<ArrayBuffer>;
  export function readdirSync(path: URL, options?: { recursive: true }): string[];
  export function existsSync(path: URL): boolean;
}
declare module "node:zlib" {
  export function gzipSync(data: Uint8Array, options: { level: number }): Uint8Array;
}
declare module "node:child_process" {
  export function execFileSync(file: string, args: string[], options: { cwd: URL; encoding: "utf8" }): string;
}
interface ImportMeta {
  url: string;
}
