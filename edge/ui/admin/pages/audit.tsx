import { useEffect, useState } from "preact/hooks";
import { t } from "../language";
import { useLoad } from "../load";
import { Cell, Empty, Heading, Loaded, Table, Text, Time } from "../parts/ui";
import { at } from "../route";
import type { Answer } from "../rest";

const FILTERS = ["user", "action"] as const;
type Filter = Record<(typeof FILTERS)[number], string>;

export function AuditLog({ query }: { query: URLSearchParams }) {
  const asked = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""])) as Filter;
  const cursor = query.get("cursor") ?? "";
  const [filter, setFilter] = useState(asked);
  const text = query.toString();
  useEffect(() => setFilter(asked), [text]);
  const search = new URLSearchParams({ limit: "50" });
  for (const [name, value] of [...Object.entries(asked), ["cursor", cursor] as const]) if (value) search.set(name, value);
  const found = useLoad<Answer<"/v1/audit">>(`v1/audit?${search}`);
  const x = t.audit;
  const go = (event: Event) => {
    event.preventDefault();
    location.hash = at(["audit"], { user: filter.user.trim(), action: filter.action.trim() });
  };
  return (
    <>
      <Heading title={x.title} lead={x.lead} />
      <form class="filters" role="search" onSubmit={go}>
        <Text label={x.user} value={filter.user} onValue={(user) => setFilter({ ...filter, user })} />
        <Text label={x.action} placeholder={x.actionHint} value={filter.action} onValue={(action) => setFilter({ ...filter, action })} />
        <div class="buttons">
          <button type="submit" class="primary">
            {t.common.filter}
          </button>
          {text && (
            <a class="button" href={at(["audit"])}>
              {t.common.reset}
            </a>
          )}
        </div>
      </form>
      <Loaded from={found}>
        {({ entries, next }) => (
          <>
            {entries.length === 0 ? (
              <Empty title={x.empty} />
            ) : (
              <Table label={x.title} head={[x.at, x.user, x.action, x.object, x.detail, x.address]}>
                {entries.map((entry, n) => (
                  <tr key={n}>
                    <Cell>
                      <Time at={entry.at} />
                    </Cell>
                    <Cell label={x.user}>{entry.user || <span class="soft">{x.nobody}</span>}</Cell>
                    <Cell label={x.action}>
                      <code>{entry.action}</code>
                    </Cell>
                    <Cell label={x.object} class="mono">
                      {entry.object}
                    </Cell>
                    <Cell label={x.detail}>{entry.detail}</Cell>
                    <Cell label={x.address} class="mono soft address">
                      {entry.address}
                    </Cell>
                  </tr>
                ))}
              </Table>
            )}
            <div class="paging">
              {cursor && (
                <a class="button" href={at(["audit"], { ...asked })}>
                  {t.common.newest}
                </a>
              )}
              {next && (
                <a class="button" href={at(["audit"], { ...asked, cursor: next })}>
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
