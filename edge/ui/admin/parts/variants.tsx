import { useState } from "preact/hooks";
import { call } from "../api";
import { fill } from "../format";
import { t } from "../language";
import { withVariant } from "../variant";
import { at } from "../route";
import type { Revision, Variant } from "../rest";
import { useCan } from "./me";
import { Cell, Confirmed, Form, Table, Text, Time } from "./ui";

export function Variants({ all, open, onChange }: { all: Variant[]; open: Revision; onChange: () => void }) {
  const can = useCan();
  const [tag, setTag] = useState("");
  const make = async () => {
    await call("PUT", withVariant("v1/settings", tag.trim()), { body: open.settings });
    setTag("");
    onChange();
  };
  const x = t.settings;
  return (
    <>
      <p class="soft">{x.variantsLead}</p>
      <Table label={x.variants} head={[x.tag, "#", x.when, x.who, <span class="unseen">{t.common.actions}</span>]}>
        {all.map((one) => (
          <tr key={one.tag}>
            <Cell>
              <a href={at(["settings", "form"], one.tag ? { variant: one.tag } : {})}>{one.tag || x.main}</a>
            </Cell>
            <Cell label="#" class="number">
              {one.revision}
            </Cell>
            <Cell label={x.when}>
              <Time at={one.at} />
            </Cell>
            <Cell label={x.who}>{one.by || <span class="soft">{x.start}</span>}</Cell>
            <Cell class="row-actions">
              {one.tag && can("settings:write") && (
                <Confirmed
                  label={t.common.delete}
                  title={fill(x.deleteVariant, { tag: one.tag })}
                  text={x.deleteVariantText}
                  yes={t.common.delete}
                  deed={() => call("DELETE", `v1/settings/variants/${encodeURIComponent(one.tag)}`).then(onChange)}
                />
              )}
            </Cell>
          </tr>
        ))}
      </Table>
      {can("settings:write") && (
        <section class="card">
          <h2>{x.makeVariant}</h2>
          <Form submit={x.makeVariant} onSubmit={make} class="narrow">
            <Text
              label={x.tag}
              hint={
                <>
                  {x.tagHint}. {x.makeVariantHint}
                </>
              }
              value={tag}
              onValue={setTag}
              required
              pattern="[A-Za-z0-9][A-Za-z0-9_\-]{0,63}"
            />
          </Form>
        </section>
      )}
    </>
  );
}
