// A UI config: the look and the texts of the user page with `?cn=NAME`. `GET /ui-config/NAME` returns it as JSON.
import { isPluginCode, PROMPTED_CODES } from "./prompts";

/** The colours that a config can set, with the page's custom properties. */
export const COLORS = {
  page: "--page",
  surface: "--surface",
  line: "--line",
  text: "--ink",
  soft_text: "--soft",
  accent: "--accent",
  accent_strong: "--accent-strong",
  on_accent: "--on-accent",
  good: "--good",
  good_soft: "--good-soft",
  bad: "--bad",
  bad_soft: "--bad-soft",
} as const;

/** The sizes that a config can set, in CSS pixels: custom property, minimum, maximum. */
export const SIZES = {
  text: ["--text-size", 12, 24],
  prompt: ["--prompt-size", 14, 40],
  radius: ["--radius", 0, 40],
  button_radius: ["--button-radius", 0, 40],
  button_height: ["--button-height", 44, 80],
} as const;

export type ColorName = keyof typeof COLORS;
export type SizeName = keyof typeof SIZES;

export interface Styles {
  /** `#rgb` or `#rrggbb`, optionally with opacity. */
  colors?: Partial<Record<ColorName, string>>;
  /** For dark screens. Without them, a page with its own colours stays light. */
  dark_colors?: Partial<Record<ColorName, string>>;
  sizes?: Partial<Record<SizeName, number>>;
}

/** All keys are optional; omitted ones keep the page's defaults. */
export interface UIConfig {
  name?: string;
  /** Where the page goes after a success: `https:`, `http:` or a path; `{session}` is replaced by the session ID. */
  redirect_url?: string;
  /** The picture to send; width and height in px limit its size. */
  image?: { width?: number; height?: number; mimetype?: "image/jpeg" | "image/png"; quality?: number };
  /** The size requested from the camera, px. */
  video?: { width?: number; height?: number };
  mode?: "selfie" | "operator";
  /** Texts by check code. */
  error_messages?: Record<string, string>;
  success_message?: string;
  start_button_text?: string;
  mode_tooltip?: string;
  camera_not_attached_text?: string;
  styles?: Styles;
  /** The minimum interval between frames in milliseconds. */
  request_interval?: number;
  /** Whether to detect a face before sending. */
  front_detector?: boolean;
  /** Origins that may embed this page and receive its result, such as `https://shop.example`. */
  parent_origins?: string[];
}

export interface Read {
  config: UIConfig;
  /** What was dropped, and why: `mode: must be "selfie" or "operator", not "mirror"`. */
  problems: string[];
}

/** Reads a config. Unknown keys are ignored; invalid values are dropped and reported. */
export function readConfig(value: unknown): Read {
  const problems: string[] = [];
  const reader = new Reader(problems);
  const given = reader.object("config", value);
  const config: UIConfig = {};
  const put = <Key extends keyof UIConfig>(key: Key, read: (path: string, value: unknown) => UIConfig[Key]) => {
    if (given[key] === undefined || given[key] === null || given[key] === "") return;
    const found = read(key, given[key]);
    if (found !== undefined) config[key] = found;
  };
  put("name", reader.text);
  put("redirect_url", reader.address);
  put("image", (path, value) =>
    reader.fields(path, value, {
      width: reader.number(64, 4096),
      height: reader.number(64, 4096),
      quality: reader.number(0.1, 1),
      mimetype: reader.oneOf("image/jpeg", "image/png"),
    }),
  );
  put("video", (path, value) => reader.fields(path, value, { width: reader.number(160, 7680), height: reader.number(120, 4320) }));
  put("mode", reader.oneOf("selfie", "operator"));
  put("error_messages", reader.messages);
  for (const key of ["success_message", "start_button_text", "mode_tooltip", "camera_not_attached_text"] as const) put(key, reader.text);
  put("styles", reader.styles);
  put("request_interval", reader.number(0, 10_000));
  put("front_detector", reader.boolean);
  put("parent_origins", reader.origins);
  return { config, problems };
}

type Read1<T> = (path: string, value: unknown) => T | undefined;

/** Reads values; each method returns undefined for an invalid one and records why. */
class Reader {
  constructor(private readonly problems: string[]) {}

  readonly text: Read1<string> = (path, value) => (typeof value === "string" ? value.slice(0, 500) : this.wrong(path, "text", value));

  readonly boolean: Read1<boolean> = (path, value) => (typeof value === "boolean" ? value : this.wrong(path, "true or false", value));

  readonly number =
    (least: number, most: number): Read1<number> =>
    (path, value) =>
      typeof value === "number" && value >= least && value <= most ? value : this.wrong(path, `a number from ${least} to ${most}`, value);

  readonly oneOf =
    <T extends string>(...allowed: T[]): Read1<T> =>
    (path, value) =>
      allowed.find((one) => one === value) ?? this.wrong(path, allowed.map((one) => JSON.stringify(one)).join(" or "), value);

  readonly address: Read1<string> = (path, value) =>
    typeof value === "string" && /^(https?:\/\/|\/(?!\/))/i.test(value) && !/[\s\\]/.test(value)
      ? value
      : this.wrong(path, "an http(s) address or a path", value);

  readonly color: Read1<string> = (path, value) =>
    typeof value === "string" && /^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(value)
      ? value
      : this.wrong(path, "a colour such as #rrggbb", value);

  readonly messages: Read1<Record<string, string>> = (path, value) => {
    const messages: Record<string, string> = {};
    for (const [code, words] of Object.entries(this.object(path, value))) {
      if (!PROMPTED_CODES.includes(Number(code)) && !isPluginCode(Number(code))) continue; // codes that are never shown need no text
      const text = this.text(`${path}.${code}`, words);
      if (text) messages[code] = text;
    }
    return messages;
  };

  readonly styles: Read1<Styles> = (path, value) => {
    const colors = Object.fromEntries(Object.keys(COLORS).map((name) => [name, this.color])) as Record<ColorName, Read1<string>>;
    const sizes = Object.fromEntries(Object.entries(SIZES).map(([name, [, least, most]]) => [name, this.number(least, most)])) as Record<
      SizeName,
      Read1<number>
    >;
    return this.fields<Styles>(path, value, {
      colors: (path, value) => this.fields(path, value, colors),
      dark_colors: (path, value) => this.fields(path, value, colors),
      sizes: (path, value) => this.fields(path, value, sizes),
    });
  };

  readonly origins: Read1<string[]> = (path, value) => {
    if (!Array.isArray(value)) return this.wrong(path, "a list of origins", value);
    return value.filter((origin) => isOrigin(origin) || this.wrong(path, "an origin such as https://shop.example", origin));
  };

  /** Reads an object's known keys, each with its own reader. */
  fields<T extends object>(path: string, value: unknown, readers: { [Key in keyof T]-?: Read1<Exclude<T[Key], undefined>> }): T {
    const given = this.object(path, value);
    const out: Partial<T> = {};
    for (const key of Object.keys(readers) as (keyof T & string)[]) {
      if (given[key] === undefined || given[key] === null) continue;
      const found = readers[key](`${path}.${key}`, given[key]);
      if (found !== undefined) out[key] = found;
    }
    return out as T;
  }

  object(path: string, value: unknown): Record<string, unknown> {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    this.wrong(path, "an object", value);
    return {};
  }

  private wrong(path: string, allowed: string, value: unknown): undefined {
    this.problems.push(`${path}: must be ${allowed}, not ${JSON.stringify(value)?.slice(0, 60)}`);
    return undefined;
  }
}

/** Reports whether a value is an origin in the browser's notation: scheme, host and optional port. */
export function isOrigin(value: unknown): value is string {
  if (typeof value !== "string") return false;
  try {
    return /^https?:/.test(value) && new URL(value).origin === value;
  } catch {
    return false;
  }
}
