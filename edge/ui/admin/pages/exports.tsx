import { call } from "../api";
import { t } from "../language";
import { useLoad } from "../load";
import { Progress } from "../parts/export";
import { Cell, Confirmed, Empty, Heading, Loaded, Table, Time } from "../parts/ui";
import { useCan } from "../parts/me";
import { at } from "../route";
import type { Answer } from "../rest";

const SHOWN = 100;

export function Exports() {
  const can = useCan();
  const all = useLoad<Answer<"/v1/exports">>("v1/exports");
  const x = t.exports;
  return (
    <>
      <Heading title={x.title} />
      <Loaded from={all}>
        {({ exports }) =>
          !exports?.length ? (
            <Empty title={x.empty} hint={x.emptyHint} />
          ) : (
            <Table label={x.title} head={[x.created, x.sessions, x.status, <span class="unseen">{t.common.actions}</span>]}>
              {exports.slice(0, SHOWN).map((one) => (
                <tr key={one.id}>
                  <Cell>
                    <Time at={one.created} />
                  </Cell>
                  <Cell label={x.sessions}>
                    {one.order.sessions.slice(0, 3).map((id) => (
                      <a key={id} class="mono" href={at(["sessions", id])}>
                        {id.slice(0, 8)}{" "}
                      </a>
                    ))}
                    {one.order.sessions.length > 3 && `+ ${one.order.sessions.length - 3}`}
                  </Cell>
                  <Cell label={x.status}>
                    <Progress of={one} />
                  </Cell>
                  <Cell class="row-actions">
                    {can("exports:write") && (
                      <Confirmed
                        label={x.remove}
                        title={x.removeTitle}
                        text={x.removeText}
                        yes={x.remove}
                        deed={() => call("DELETE", `v1/exports/${one.id}`).then(all.reload)}
                      />
                    )}
                  </Cell>
                </tr>
              ))}
            </Table>
          )
        }
      </Loaded>
    </>
  );
}
