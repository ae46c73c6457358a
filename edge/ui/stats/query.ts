// The filters, as part of the page's address.

export const PERIODS: Record<string, number> = { "24h": 24, "7d": 7 * 24, "30d": 30 * 24 };
const HOUR = 3_600_000;

export interface Query {
  period: string; // a name of PERIODS, or "own"
  since: string; // of "own", in the format of datetime-local
  until: string;
  step: string;
  outcome: string;
  code: string;
}

export const START: Query = { period: "7d", since: "", until: "", step: "", outcome: "", code: "" };

export function fromAddress(search: string): Query {
  const given = new URLSearchParams(search);
  const query = { ...START };
  for (const name of Object.keys(START) as (keyof Query)[]) query[name] = given.get(name) ?? START[name];
  if (!(query.period in PERIODS) && query.period !== "own") query.period = START.period;
  return query;
}

export function toAddress(query: Query): string {
  const out = new URLSearchParams();
  for (const name of Object.keys(START) as (keyof Query)[]) if (query[name] !== START[name]) out.set(name, query[name]);
  return out.size > 0 ? `?${out}` : "?";
}

/** Returns the query for the server, which stays the same for an hour. */
export function toServer(query: Query, now: number): string {
  const out = new URLSearchParams();
  const hours = PERIODS[query.period];
  const time = (name: "since" | "until", value: string) => {
    const at = Date.parse(value);
    if (value && !Number.isNaN(at)) out.set(name, new Date(at).toISOString());
  };
  if (hours) {
    out.set("since", new Date((Math.floor(now / HOUR) - hours + 1) * HOUR).toISOString());
  } else {
    time("since", query.since);
    time("until", query.until);
  }
  for (const name of ["step", "outcome", "code"] as const) if (query[name]) out.set(name, query[name]);
  return out.toString();
}
