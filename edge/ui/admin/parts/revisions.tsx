import { useState } from "preact/hooks";
import { call } from "../api";
import { fill, value } from "../format";
import { t } from "../language";
import { useLoad } from "../load";
import { withVariant } from "../variant";
import type { Answer, Revision, RevisionChange } from "../rest";
import { useCan } from "./me";
import { Cell, Confirmed, Dialog, Loaded, Table, Time } from "./ui";

export function Revisions({ tag, onRestored }: { tag: string; onRestored: (revision: Revision, n: number) => void }) {
  const can = useCan();
  const all = useLoad<Answer<"/v1/settings/revisions">>(withVariant("v1/settings/revisions", tag));
  const [shown, setShown] = useState<number | undefined>(undefined);
  const restore = (n: number) => async () => {
    const revision = await call<Revision>("POST", `v1/settings/revisions/${n}/restore`);
    onRestored(revision, n);
  };
  const x = t.settings;
  return (
    <Loaded from={all}>
      {({ revisions }) => (
        <>
          <Table label={x.revisions} head={["#", x.when, x.who, x.what, <span class="unseen">{t.common.actions}</span>]}>
            {revisions.map((one, n) => (
              <tr key={one.revision}>
                <Cell class="number">{one.revision}</Cell>
                <Cell label={x.when}>
                  <Time at={one.at} />
                  {n === 0 && <span class="badge good">{x.newest}</span>}
                </Cell>
                <Cell label={x.who}>{one.by || <span class="soft">{x.start}</span>}</Cell>
                <Cell label={x.what}>
                  <div>
                    {one.note && <p class="note">{one.note}</p>}
                    <Changed of={one} />
                  </div>
                </Cell>
                <Cell class="row-actions">
                  <button type="button" onClick={() => setShown(one.revision)}>
                    {x.show}
                    <span class="unseen"> {fill(x.revision, { n: one.revision })}</span>
                  </button>
                  {n > 0 && can("settings:write") && (
                    <Confirmed
                      label={
                        <>
                          {x.restore}
                          <span class="unseen"> {fill(x.revision, { n: one.revision })}</span>
                        </>
                      }
                      title={fill(x.restoreTitle, { n: one.revision })}
                      text={x.restoreText}
                      yes={x.restore}
                      danger={false}
                      deed={restore(one.revision)}
                    />
                  )}
                </Cell>
              </tr>
            ))}
          </Table>
          {shown !== undefined && <Shown n={shown} onClose={() => setShown(undefined)} />}
        </>
      )}
    </Loaded>
  );
}

function Changed({ of: { changed } }: { of: RevisionChange }) {
  if (!changed) return <span class="soft">{t.settings.unknown}</span>;
  if (changed.length === 0) return <span class="soft">{t.settings.nothing}</span>;
  return (
    <ul class="changed">
      {changed.map(({ path, from, to }) => (
        <li key={path}>
          <code>{path}</code>: <del>{value(from)}</del> → <ins>{value(to)}</ins>
        </li>
      ))}
    </ul>
  );
}

function Shown({ n, onClose }: { n: number; onClose: () => void }) {
  const one = useLoad<Answer<"/v1/settings/revisions/{n}">>(`v1/settings/revisions/${n}`);
  return (
    <Dialog title={fill(t.settings.revision, { n })} onClose={onClose} wide>
      <Loaded from={one}>
        {({ document }) => (
          <pre tabIndex={0} aria-label={fill(t.settings.revision, { n })}>
            {JSON.stringify(document, null, 2)}
          </pre>
        )}
      </Loaded>
      <div class="buttons">
        <button type="button" class="primary" onClick={onClose}>
          {t.common.close}
        </button>
      </div>
    </Dialog>
  );
}
