import { useState } from "preact/hooks";
import { address, call } from "../api";
import { fill } from "../format";
import { t } from "../language";
import { useLoad } from "../load";
import { Cell, Check, Confirmed, Dialog, Empty, Form, Heading, Loaded, Table, Text, Time } from "../parts/ui";
import { useCan } from "../parts/me";
import type { Answer } from "../rest";
import { at } from "../route";

export function Configs() {
  const can = useCan();
  const all = useLoad<Answer<"/v1/ui-configs">>("v1/ui-configs");
  const [chosen, setChosen] = useState<string[]>([]);
  const [adding, setAdding] = useState(false);
  const writable = can("ui-configs:write");
  const x = t.configs;
  const remove = async (names: string[]) => {
    await call("POST", "v1/ui-configs/delete", { body: { names } });
    setChosen([]);
    all.reload();
  };
  return (
    <>
      <Heading title={x.title} lead={x.lead}>
        {writable && (
          <button type="button" class="primary" onClick={() => setAdding(true)}>
            {x.add}
          </button>
        )}
      </Heading>
      {adding && <Add onClose={() => setAdding(false)} />}
      <Loaded from={all}>
        {({ configs }) =>
          configs.length === 0 ? (
            <Empty title={x.empty} />
          ) : (
            <>
              {writable && (
                <div class="toolbar">
                  <Check
                    label={x.all}
                    checked={chosen.length === configs.length}
                    onChecked={(on) => setChosen(on ? configs.map(({ name }) => name) : [])}
                  />
                  <span class="soft" role="status">
                    {chosen.length > 0 && fill(x.selected, { n: chosen.length })}
                  </span>
                  <Confirmed
                    label={x.deleteMany}
                    disabled={chosen.length === 0}
                    title={chosen.length === 1 ? fill(x.deleteOne, { name: chosen[0] ?? "" }) : fill(x.deleteTitle, { n: chosen.length })}
                    text={x.deleteText}
                    yes={t.common.delete}
                    deed={() => remove(chosen)}
                  />
                </div>
              )}
              <Table
                label={x.title}
                head={[
                  ...(writable ? [<span class="unseen">{x.all}</span>] : []),
                  x.name,
                  x.updated,
                  x.by,
                  <span class="unseen">{t.common.actions}</span>,
                ]}
              >
                {configs.map(({ name, updated, by }) => (
                  <tr key={name}>
                    {writable && (
                      <Cell class="tick">
                        <Check
                          label={<span class="unseen">{fill(x.select, { name })}</span>}
                          checked={chosen.includes(name)}
                          onChecked={(on) => setChosen(on ? [...chosen, name] : chosen.filter((one) => one !== name))}
                        />
                      </Cell>
                    )}
                    <Cell>
                      <a href={at(["configs", name])}>{name}</a>
                    </Cell>
                    <Cell label={x.updated}>
                      <Time at={updated} />
                    </Cell>
                    <Cell label={x.by}>{by}</Cell>
                    <Cell class="row-actions">
                      <a class="button" href={address(`?cn=${encodeURIComponent(name)}`)} target="_blank" rel="noopener">
                        {x.open}
                        <span class="unseen">: {name}</span>
                      </a>
                      {writable && (
                        <Confirmed
                          label={
                            <>
                              {t.common.delete}
                              <span class="unseen">: {name}</span>
                            </>
                          }
                          title={fill(x.deleteOne, { name })}
                          text={x.deleteText}
                          yes={t.common.delete}
                          deed={() => remove([name])}
                        />
                      )}
                    </Cell>
                  </tr>
                ))}
              </Table>
            </>
          )
        }
      </Loaded>
    </>
  );
}

function Add({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const go = async () => {
    location.hash = at(["configs", name.trim()]);
  };
  return (
    <Dialog title={t.configs.add} onClose={onClose}>
      <Form submit={t.common.add} onSubmit={go} onCancel={onClose}>
        <Text
          label={t.configs.name}
          hint={t.configs.nameHint}
          value={name}
          onValue={setName}
          name="name"
          required
          pattern="[A-Za-z0-9][A-Za-z0-9_\-]{0,63}"
        />
      </Form>
    </Dialog>
  );
}
