import { useContext, useState } from "preact/hooks";
import { call } from "../api";
import { fill } from "../format";
import { t } from "../language";
import { useLoad } from "../load";
import { RightsGrid, RightsInWords } from "../parts/rights";
import { Cell, Confirmed, Dialog, Empty, Form, Heading, Loaded, Secret, Table, Text, Time } from "../parts/ui";
import { MeContext, useCan } from "../parts/me";
import type { Answer } from "../rest";

export function Tokens() {
  const can = useCan();
  const me = useContext(MeContext);
  const tokens = useLoad<Answer<"/v1/tokens">>("v1/tokens");
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState("");
  const writable = can("tokens:write");
  const x = t.tokens;
  const made = (token: string) => {
    setAdding(false);
    setSecret(token);
    tokens.reload();
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
      <Loaded from={tokens}>
        {({ tokens: list }) =>
          list.length === 0 ? (
            <Empty title={x.empty} />
          ) : (
            <Table
              label={x.title}
              head={[x.name, x.scopes, x.created, x.expires, x.lastUsed, <span class="unseen">{t.common.actions}</span>]}
            >
              {list.map((token) => (
                <tr key={token.id}>
                  <Cell>
                    <div>
                      <strong>{token.name}</strong> <div class="mono soft">{token.id}</div>
                    </div>
                  </Cell>
                  <Cell label={x.scopes}>
                    <RightsInWords rights={token.scopes} />
                  </Cell>
                  <Cell label={x.created}>
                    <div>
                      <Time at={token.created} /> <div class="soft">{token.created_by}</div>
                    </div>
                  </Cell>
                  <Cell label={x.expires}>
                    {token.expires && Date.parse(token.expires) < Date.now() ? (
                      <span class="badge bad">{x.expired}</span>
                    ) : (
                      <Time at={token.expires} />
                    )}
                  </Cell>
                  <Cell label={x.lastUsed}>
                    <Time at={token.last_used} />
                  </Cell>
                  <Cell class="row-actions">
                    {writable && (token.created_by === me.name || can("users:write")) && (
                      <Confirmed
                        label={
                          <>
                            {x.end}
                            <span class="unseen">: {token.name}</span>
                          </>
                        }
                        title={fill(x.endTitle, { name: token.name })}
                        text={x.endText}
                        yes={x.end}
                        deed={() => call("DELETE", `v1/tokens/${token.id}`).then(tokens.reload)}
                      />
                    )}
                  </Cell>
                </tr>
              ))}
            </Table>
          )
        }
      </Loaded>
      {adding && <Add onClose={() => setAdding(false)} onMade={made} />}
      {secret && <Secret title={x.secretTitle} text={x.secret} secret={secret} onClose={() => setSecret("")} />}
    </>
  );
}

function Add({ onClose, onMade }: { onClose: () => void; onMade: (token: string) => void }) {
  const can = useCan();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const [expires, setExpires] = useState("");
  const submit = async () => {
    const { token } = await call<Answer<"/v1/tokens", "post">>("POST", "v1/tokens", {
      body: { name: name.trim(), scopes, ...(expires && { expires: new Date(expires).toISOString() }) },
    });
    onMade(token);
  };
  return (
    <Dialog title={t.tokens.addTitle} onClose={onClose}>
      <Form submit={t.tokens.add} onSubmit={submit} onCancel={onClose}>
        <Text label={t.tokens.name} hint={t.tokens.nameHint} value={name} onValue={setName} name="name" required autocomplete="off" />
        <Text label={t.tokens.expires} hint={t.tokens.expiresHint} type="datetime-local" value={expires} onValue={setExpires} />
        <RightsGrid rights={scopes} allowed={can} onRights={setScopes} />
      </Form>
    </Dialog>
  );
}
