import { fill, number } from "../format";
import { t } from "../language";
import { useLoad, usePolling } from "../load";
import { Cell, Heading, Loaded, Notice, Table } from "../parts/ui";
import type { Answer, Worker } from "../rest";

const EVERY = 3000; // ms
const LAGGING = 100; // waiting messages

export function Workers() {
  const workers = useLoad<Answer<"/v1/workers">>("v1/workers");
  usePolling(workers.reload, EVERY);
  const x = t.workers;
  return (
    <>
      <Heading title={x.title} lead={x.lead} />
      <Loaded from={workers}>
        {({ workers }) => {
          const missing = workers.filter(({ required, running }) => required && running === 0);
          return (
            <>
              {missing.length > 0 && <Notice kind="bad">{fill(x.problem, { names: missing.map(({ name }) => name).join(", ") })}</Notice>}
              {workers
                .flatMap(({ problems = [] }) => problems)
                .map((problem) => (
                  <Notice kind="bad" key={problem}>
                    {problem}
                  </Notice>
                ))}
              <Table label={x.title} head={[x.name, x.state, x.running, x.pending, x.inFlight, x.redelivered, x.rate, x.version, x.pack]}>
                {workers.map((one) => (
                  <tr key={one.name}>
                    <Cell>
                      <strong>{one.name}</strong>
                      {one.required && <span class="soft"> {x.required}</span>}
                    </Cell>
                    <Cell label={x.state}>
                      <State of={one} />
                    </Cell>
                    <Cell label={x.running} class="number">
                      {number(one.running)}
                    </Cell>
                    <Cell label={x.pending} class="number">
                      {number(one.pending)}
                      {one.pending >= LAGGING && <span class="badge bad">{x.lag}</span>}
                    </Cell>
                    <Cell label={x.inFlight} class="number">
                      {number(one.in_flight)}
                    </Cell>
                    <Cell label={x.redelivered} class="number">
                      {number(one.redelivered)}
                    </Cell>
                    <Cell label={x.rate} class="number">
                      {one.rate_per_second === undefined ? "—" : number(one.rate_per_second, 1)}
                    </Cell>
                    <Cell label={x.version}>{one.version || "—"}</Cell>
                    <Cell label={x.pack}>{one.pack ? <code title={one.pack}>{one.pack_name || one.pack.slice(0, 8)}</code> : "—"}</Cell>
                  </tr>
                ))}
              </Table>
              <p class="hint">{x.updated}</p>
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function State({ of: { running, required } }: { of: Worker }) {
  if (running > 0) return <span class="badge good">{t.workers.up}</span>;
  return required ? <span class="badge bad">{t.workers.missing}</span> : <span class="badge neutral">{t.workers.idle}</span>;
}
