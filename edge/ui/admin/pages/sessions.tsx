import { useEffect, useState } from "preact/hooks";
import { CODES } from "../codes";
import { fill, number, seconds } from "../format";
import { t } from "../language";
import { useLoad } from "../load";
import { Codes, Outcome, outcomeName } from "../parts/codes";
import { Cell, Check, Empty, Heading, Loaded, Select, Table, Text, Time } from "../parts/ui";
import { ExportButton } from "../parts/export";
import { useCan } from "../parts/me";
import { at } from "../route";
import type { Answer, SessionLine } from "../rest";

const FILTERS = ["q", "since", "until", "outcome", "code"] as const;
type Filter = Record<(typeof FILTERS)[number], string>;

const readFilter = (query: URLSearchParams): Filter => Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""])) as Filter;

/** Returns a time in the server's format; anything else unchanged, for the server to refuse. */
const timeOf = (text: string): string => (Number.isNaN(Date.parse(text)) ? text : new Date(text).toISOString());

/** Returns the path of a search. Times in the filter are local. */
function search(filter: Filter, cursor: string): string {
  const query = new URLSearchParams({ limit: "25" });
  for (const name of FILTERS) {
    const given = filter[name].trim();
    if (given) query.set(name, name === "since" || name === "until" ? timeOf(given) : given);
  }
  if (cursor) query.set("cursor", cursor);
  return `v1/sessions?${query}`;
}

export function Sessions({ query }: { query: URLSearchParams }) {
  const asked = readFilter(query);
  const cursor = query.get("cursor") ?? "";
  const [filter, setFilter] = useState(asked);
  const text = query.toString();
  useEffect(() => setFilter(readFilter(query)), [text]);
  const found = useLoad<Answer<"/v1/sessions">>(search(asked, cursor));
  const set = (name: keyof Filter) => (value: string) => setFilter({ ...filter, [name]: value });
  const go = (event: Event) => {
    event.preventDefault();
    location.hash = at(["sessions"], { ...filter });
  };
  return (
    <>
      <Heading title={t.sessions.title} />
      <form class="filters five" role="search" onSubmit={go}>
        <Text label={t.sessions.id} placeholder={t.sessions.idHint} value={filter.q} onValue={set("q")} />
        <Select
          label={t.sessions.outcome}
          value={filter.outcome}
          onValue={set("outcome")}
          options={[
            ["", t.sessions.anyOutcome],
            ["fail", t.sessions.anyFail],
            ...Object.keys(t.outcomes)
              .filter((name) => name !== "fail")
              .map((name) => [name, outcomeName(name)] as const),
          ]}
        />
        <Select
          label={t.sessions.code}
          value={filter.code}
          onValue={set("code")}
          options={[["", t.sessions.anyCode], ...Object.entries(CODES).map(([code, name]) => [code, `${code} ${name}`] as const)]}
        />
        <Text label={t.common.from} type="datetime-local" value={filter.since} onValue={set("since")} />
        <Text label={t.common.until} type="datetime-local" value={filter.until} onValue={set("until")} />
        <div class="buttons">
          <button type="submit" class="primary">
            {t.common.filter}
          </button>
          {text && (
            <a class="button" href={at(["sessions"])}>
              {t.common.reset}
            </a>
          )}
        </div>
      </form>
      <Loaded from={found}>
        {({ sessions, next }) => (
          <>
            {sessions.length === 0 ? (
              <Empty title={t.sessions.empty} hint={next ? t.sessions.more : t.sessions.emptyHint} />
            ) : (
              <List sessions={sessions} />
            )}
            <div class="paging">
              {cursor && (
                <a class="button" href={at(["sessions"], { ...asked })}>
                  {t.common.newest}
                </a>
              )}
              {next && (
                <a class="button" href={at(["sessions"], { ...asked, cursor: next })}>
                  {t.common.older}
                </a>
              )}
            </div>
          </>
        )}
      </Loaded>
    </>
  );
}

/** The maximum number of sessions in one order. */
const MOST = 100;

function List({ sessions }: { sessions: SessionLine[] }) {
  const exporter = useCan()("exports:write");
  const [chosen, setChosen] = useState<string[]>([]);
  const { id, opened, outcome, codes, frames, duration } = t.sessions;
  const choose = (one: string) => (on: boolean) =>
    setChosen(on ? [...chosen, one].slice(0, MOST) : chosen.filter((other) => other !== one));
  return (
    <>
      <Table
        label={t.sessions.title}
        head={[...(exporter ? [<span class="unseen">{t.exports.make}</span>] : []), id, opened, outcome, codes, frames, duration]}
      >
        {sessions.map((one) => (
          <tr key={one.id}>
            {exporter && (
              <Cell class="tick">
                <Check
                  label={<span class="unseen">{fill(t.exports.choose, { id: one.id.slice(0, 8) })}</span>}
                  checked={chosen.includes(one.id)}
                  onChecked={choose(one.id)}
                />
              </Cell>
            )}
            <Cell>
              <a class="mono" href={at(["sessions", one.id])}>
                <span class="unseen">{id} </span>
                {one.id.slice(0, 8)}
                <span class="soft rest">{one.id.slice(8)}</span>
              </a>
            </Cell>
            <Cell label={opened}>
              <Time at={one.opened} />
            </Cell>
            <Cell label={outcome}>
              <span>
                <Outcome outcome={one.outcome} />
                {one.live && <span class="badge live">{t.sessions.live}</span>}
              </span>
            </Cell>
            <Cell label={codes}>
              <Codes codes={one.codes} />
            </Cell>
            <Cell label={frames} class="number">
              {number(one.frames)}
            </Cell>
            <Cell label={duration} class="number">
              {seconds(one.duration)}
            </Cell>
          </tr>
        ))}
      </Table>
      {chosen.length > 0 && (
        <div class="savebar">
          <p role="status">{fill(t.exports.chosen, { n: chosen.length })}</p>
          <ExportButton ids={chosen} />
        </div>
      )}
    </>
  );
}
