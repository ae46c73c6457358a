// What the server answers: the members that the page reads.

export interface Me {
  name: string;
  rights: string[];
  groups: string[];
  csrf: string;
  must_change_password: boolean;
}

export interface SessionLine {
  id: string;
  opened: string;
  closed?: string;
  outcome: string;
  codes: number[];
  frames: number;
  duration: number;
  live: boolean;
  edge: string;
}

export interface Session {
  session: string;
  outcome: string;
  counts: { frames: number; attempts: number; liveness_attempts: number };
  events: { kind: string; at_unix_nanos: string; edge?: string; settings_revision?: string; outcome?: string }[];
  last_decision?: Decision;
  /** What the token of a session that passed says, but for the best shot. */
  claims?: Record<string, unknown>;
  video?: { status?: string; reason?: string; codec?: string; frames?: number; percent?: number };
}

/** What changed when a session was judged again. */
export interface Rerun {
  before: string;
  after: string;
  frames: number;
  verdicts: number;
  unfit?: string;
  notes?: string[];
  codes?: { frame: number; before: number[]; after: number[] }[];
  fields?: unknown[];
}

export interface StoredFrame {
  sequence: number;
  stored: number;
  attempt: number;
  received: string;
  media_type: string;
  bytes: number;
}

interface Rect {
  x?: number;
  y?: number;
  width?: number;
  height?: number;
}

export interface Estimations {
  [key: string]: unknown;
  face_count?: number;
  ags?: number;
  liveness?: number;
  deepfake?: number;
  image_modification?: number;
  previous_face_similarity?: number;
  first_face_similarity?: number;
  image_quality?: Record<string, number | boolean>;
  frame_position?: { face?: Rect; frame?: Rect };
  head_pose?: { yaw?: number; pitch?: number; roll?: number };
  eyes?: { state?: string };
  mouth?: { state?: string };
  eyeglasses?: string;
  verification?: { similarity?: number; matched?: boolean };
  virtual_camera?: { score?: number; signals?: string[] };
  active_liveness?: { done?: number; total?: number; action?: string };
}

export interface Decision {
  name: { session: string; sequence: string };
  frame?: string;
  outcome?: string;
  errors?: number[];
  estimations?: Estimations;
  failure?: { code?: number; detail?: string };
  best_shot?: string;
  workers?: string[];
}

export interface Verdict {
  name: { sequence: string };
  worker: string;
  errors?: number[];
  pending?: boolean;
  ends?: string;
  failure?: { code?: number; detail?: string };
  pack?: string;
  detection?: { landmarks?: number[] };
}

export interface Export {
  id: string;
  status: "in_queue" | "exporting" | "success" | "error" | "canceled";
  percent: number;
  reason?: string;
  order: { sessions: string[]; codec: string; resolution: string };
  created: string;
  expires?: string;
  files?: { session: string; name: string; bytes: number; codec: string; width: number; height: number; duration: number }[];
}

export interface Revision {
  revision: number;
  created: string;
  by?: string;
  note?: string;
  settings: Document;
}

export type Document = Record<string, unknown>;

export interface RevisionLine {
  revision: number;
  at: string;
  by: string;
  note: string;
  changed: { path: string; from?: unknown; to?: unknown }[] | null;
}

export interface Variant {
  tag: string;
  revision: number;
  at: string;
  by: string;
  note: string;
}

export interface Worker {
  name: string;
  version: string;
  pack?: string;
  running: number;
  pending: number;
  in_flight: number;
  redelivered: number;
  rate_per_second?: number;
  required: boolean;
}

export interface User {
  name: string;
  groups: string[];
  disabled: boolean;
  must_change_password: boolean;
  created: string;
  last_login?: string;
}

export interface Group {
  name: string;
  rights: string[];
}

export interface Token {
  id: string;
  name: string;
  scopes: string[];
  created: string;
  created_by: string;
  expires?: string;
  last_used?: string;
}

export interface AuditEntry {
  at: string;
  user: string;
  action: string;
  object: string;
  detail?: string;
  address: string;
}
