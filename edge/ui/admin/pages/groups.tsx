import { useState } from "preact/hooks";
import { call } from "../api";
import { fill } from "../format";
import { t } from "../language";
import { useLoad } from "../load";
import { RightsGrid, RightsInWords } from "../parts/rights";
import { Cell, Confirmed, Dialog, Form, Heading, Loaded, Table, Text } from "../parts/ui";
import { useCan } from "../parts/me";
import type { Answer, Group } from "../rest";

const ALL = "administrators"; // always has all rights

export function Groups() {
  const can = useCan();
  const groups = useLoad<Answer<"/v1/groups">>("v1/groups");
  const users = useLoad<Answer<"/v1/users">>("v1/users");
  const [editing, setEditing] = useState<Group | undefined>(undefined);
  const writable = can("users:write");
  const x = t.groups;
  const path = (name: string) => `v1/groups/${encodeURIComponent(name)}`;
  const done = () => {
    setEditing(undefined);
    groups.reload();
  };
  return (
    <>
      <Heading title={x.title} lead={x.lead}>
        {writable && (
          <button type="button" class="primary" onClick={() => setEditing({ name: "", rights: [] })}>
            {x.add}
          </button>
        )}
      </Heading>
      <Loaded from={groups}>
        {({ groups }) => (
          <Table label={x.title} head={[x.name, x.rights, x.members, <span class="unseen">{t.common.actions}</span>]}>
            {groups.map((group) => (
              <tr key={group.name}>
                <Cell>
                  <strong>{group.name}</strong>
                </Cell>
                <Cell label={x.rights}>
                  {group.name === ALL ? <span class="soft">{x.all}</span> : <RightsInWords rights={group.rights} />}
                </Cell>
                <Cell label={x.members}>
                  {users.data?.users
                    .filter((user) => user.groups.includes(group.name))
                    .map(({ name }) => name)
                    .join(", ") || <span class="soft">{t.common.none}</span>}
                </Cell>
                <Cell class="row-actions">
                  {writable && group.name !== ALL && (
                    <>
                      <button type="button" onClick={() => setEditing(group)}>
                        {t.common.edit}
                        <span class="unseen">: {group.name}</span>
                      </button>
                      <Confirmed
                        label={
                          <>
                            {t.common.delete}
                            <span class="unseen">: {group.name}</span>
                          </>
                        }
                        title={fill(x.deleteTitle, { name: group.name })}
                        text={x.deleteText}
                        yes={t.common.delete}
                        deed={() => call("DELETE", path(group.name)).then(done)}
                      />
                    </>
                  )}
                </Cell>
              </tr>
            ))}
          </Table>
        )}
      </Loaded>
      {editing && <Edit group={editing} path={path} onClose={() => setEditing(undefined)} onDone={done} />}
    </>
  );
}

function Edit({ group, path, onClose, onDone }: { group: Group; path: (name: string) => string; onClose: () => void; onDone: () => void }) {
  const can = useCan();
  const [name, setName] = useState(group.name);
  const [rights, setRights] = useState(group.rights);
  const submit = () => call("PUT", path(name.trim()), { body: { rights } }).then(onDone);
  return (
    <Dialog title={group.name ? fill(t.groups.editTitle, { name: group.name }) : t.groups.addTitle} onClose={onClose}>
      <Form submit={t.common.save} onSubmit={submit} onCancel={onClose}>
        {!group.name && (
          <Text
            label={t.groups.name}
            hint={t.users.nameHint}
            value={name}
            onValue={setName}
            name="name"
            required
            autocomplete="off"
            autocapitalize="none"
            pattern="[a-z0-9][a-z0-9._@+\-]{0,63}"
          />
        )}
        <RightsGrid rights={rights} allowed={can} onRights={setRights} />
      </Form>
    </Dialog>
  );
}
