// The fields of a UI config in the order of the form; lib/config.ts has the type and the names of colours and sizes.

export interface ConfigField {
  path: string;
  kind: "text" | "lines" | "number" | "mode" | "mimetype" | "boolean";
}

export const BEHAVIOUR: ConfigField[] = [
  { path: "mode", kind: "mode" },
  { path: "redirect_url", kind: "text" },
  { path: "parent_origins", kind: "lines" },
  { path: "front_detector", kind: "boolean" },
  { path: "request_interval", kind: "number" },
];

export const TEXTS: ConfigField[] = [
  { path: "start_button_text", kind: "text" },
  { path: "success_message", kind: "text" },
  { path: "mode_tooltip", kind: "text" },
  { path: "camera_not_attached_text", kind: "text" },
];

export const CAMERA: ConfigField[] = [
  { path: "video.width", kind: "number" },
  { path: "video.height", kind: "number" },
  { path: "image.width", kind: "number" },
  { path: "image.height", kind: "number" },
  { path: "image.mimetype", kind: "mimetype" },
  { path: "image.quality", kind: "number" },
];

/** Returns a document without unset values, at any depth; the page has defaults for them. */
export function pruned(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value)
    .map(([key, inner]) => [key, pruned(inner)] as const)
    .filter(
      ([, inner]) =>
        inner !== undefined &&
        inner !== "" &&
        inner !== null &&
        !(Array.isArray(inner) && inner.length === 0) &&
        !(typeof inner === "object" && !Array.isArray(inner) && Object.keys(inner).length === 0),
    );
  return Object.fromEntries(kept);
}
