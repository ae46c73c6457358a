import { useContext, useState } from "preact/hooks";
import { call } from "../api";
import { fill } from "../format";
import { t } from "../language";
import { useLoad } from "../load";
import { Cell, Check, Confirmed, Dialog, Form, Heading, Loaded, Secret, Table, Text, Time } from "../parts/ui";
import { MeContext, useCan } from "../parts/me";
import type { Answer, User } from "../rest";

interface Drawn {
  name: string;
  password: string;
}

export function Users() {
  const can = useCan();
  const me = useContext(MeContext);
  const users = useLoad<Answer<"/v1/users">>("v1/users");
  const groups = useLoad<Answer<"/v1/groups">>("v1/groups");
  const [editing, setEditing] = useState<User | "new" | undefined>(undefined);
  const [drawn, setDrawn] = useState<Drawn | undefined>(undefined);
  const names = groups.data?.groups.map(({ name }) => name) ?? [];
  const writable = can("users:write");
  const x = t.users;
  const path = (name: string) => `v1/users/${encodeURIComponent(name)}`;
  const [keep, setKeep] = useState(false);
  const draw = (name: string) => async () => {
    const body = { keep_tokens: keep };
    const { password } = await call<Answer<"/v1/users/{name}/password", "post">>("POST", `${path(name)}/password`, { body });
    setKeep(false);
    setDrawn({ name, password });
    users.reload();
  };
  const done = (made?: Drawn) => {
    setEditing(undefined);
    setDrawn(made);
    users.reload();
  };
  return (
    <>
      <Heading title={x.title}>
        {writable && (
          <button type="button" class="primary" onClick={() => setEditing("new")}>
            {x.add}
          </button>
        )}
      </Heading>
      <Loaded from={users}>
        {({ users }) => (
          <Table label={x.title} head={[x.name, x.groups, x.state, x.lastLogin, <span class="unseen">{t.common.actions}</span>]}>
            {users.map((user) => (
              <tr key={user.name}>
                <Cell>
                  <strong>{user.name}</strong>
                  {user.name === me.name && <span class="badge neutral">{x.you}</span>}
                </Cell>
                <Cell label={x.groups}>{user.groups.join(", ") || <span class="soft">{t.common.none}</span>}</Cell>
                <Cell label={x.state}>
                  <div>
                    {user.disabled ? <span class="badge bad">{x.disabled}</span> : <span class="badge good">{x.active}</span>}
                    {user.must_change_password && <span class="soft"> {x.mustChange}</span>}
                  </div>
                </Cell>
                <Cell label={x.lastLogin}>
                  <Time at={user.last_login} />
                </Cell>
                <Cell class="row-actions">
                  {writable && user.name !== me.name && (
                    <>
                      <button type="button" onClick={() => setEditing(user)}>
                        {t.common.edit}
                        <span class="unseen">: {user.name}</span>
                      </button>
                      <Confirmed
                        class="plain"
                        label={
                          <>
                            {x.newPassword}
                            <span class="unseen">: {user.name}</span>
                          </>
                        }
                        title={fill(x.newPasswordTitle, { name: user.name })}
                        text={fill(x.newPasswordText, { name: user.name })}
                        yes={x.draw}
                        danger={false}
                        deed={draw(user.name)}
                      >
                        <Check label={x.keepTokens} checked={keep} onChecked={setKeep} />
                      </Confirmed>
                      <Confirmed
                        label={
                          <>
                            {t.common.delete}
                            <span class="unseen">: {user.name}</span>
                          </>
                        }
                        title={fill(x.deleteTitle, { name: user.name })}
                        text={fill(x.deleteText, { name: user.name })}
                        yes={t.common.delete}
                        deed={() => call("DELETE", path(user.name)).then(() => done())}
                      />
                    </>
                  )}
                </Cell>
              </tr>
            ))}
          </Table>
        )}
      </Loaded>
      {editing === "new" && <Add groups={names} onClose={() => setEditing(undefined)} onDone={done} />}
      {editing && editing !== "new" && (
        <Edit user={editing} path={path(editing.name)} groups={names} onClose={() => setEditing(undefined)} onDone={() => done()} />
      )}
      {drawn && (
        <Secret
          title={fill(x.secretTitle, { name: drawn.name })}
          text={fill(x.secret, { name: drawn.name })}
          secret={drawn.password}
          onClose={() => setDrawn(undefined)}
        />
      )}
    </>
  );
}

function GroupChoice({ groups, chosen, onChosen }: { groups: string[]; chosen: string[]; onChosen: (groups: string[]) => void }) {
  return (
    <fieldset>
      <legend>{t.users.groups}</legend>
      <div class="checks">
        {groups.map((name) => (
          <Check
            key={name}
            label={name}
            checked={chosen.includes(name)}
            onChecked={(on) => onChosen(on ? [...chosen, name] : chosen.filter((one) => one !== name))}
          />
        ))}
      </div>
    </fieldset>
  );
}

function Add({ groups, onClose, onDone }: { groups: string[]; onClose: () => void; onDone: (made: Drawn) => void }) {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const submit = async () => {
    const made = await call<Answer<"/v1/users", "post">>("POST", "v1/users", { body: { name: name.trim(), groups: chosen } });
    onDone({ name: made.name, password: made.password ?? "" });
  };
  return (
    <Dialog title={t.users.addTitle} onClose={onClose}>
      <Form submit={t.common.add} onSubmit={submit} onCancel={onClose}>
        <Text
          label={t.users.name}
          hint={t.users.nameHint}
          value={name}
          onValue={setName}
          name="name"
          required
          autocomplete="off"
          autocapitalize="none"
          pattern="[a-z0-9][a-z0-9._@+\-]{0,63}"
        />
        <GroupChoice groups={groups} chosen={chosen} onChosen={setChosen} />
      </Form>
    </Dialog>
  );
}

function Edit({
  user,
  path,
  groups,
  onClose,
  onDone,
}: {
  user: User;
  path: string;
  groups: string[];
  onClose: () => void;
  onDone: () => void;
}) {
  const [chosen, setChosen] = useState(user.groups);
  const [disabled, setDisabled] = useState(user.disabled);
  const [keep, setKeep] = useState(false);
  // A user who is disabled already keeps what was kept then.
  const submit = () => call("PUT", path, { body: { groups: chosen, disabled, keep_tokens: keep || user.disabled } }).then(onDone);
  return (
    <Dialog title={fill(t.users.editTitle, { name: user.name })} onClose={onClose}>
      <Form submit={t.common.save} onSubmit={submit} onCancel={onClose}>
        <GroupChoice groups={groups} chosen={chosen} onChosen={setChosen} />
        <Check label={t.users.disable} checked={disabled} onChecked={setDisabled} />
        {disabled && !user.disabled && <Check label={t.users.keepTokens} checked={keep} onChecked={setKeep} />}
      </Form>
    </Dialog>
  );
}
