// Judges a session again and shows what changed.
import { useState } from "preact/hooks";
import { call } from "../api";
import { fill } from "../format";
import { t } from "../language";
import type { Rerun } from "../rest";
import { Codes, Outcome } from "./codes";
import { Dialog, Form, Notice, Select } from "./ui";

/** A button with which the running workers judge the session again. The stored session does not change. */
export function RerunButton({ id }: { id: string }) {
  const [open, setOpen] = useState(false);
  const [done, setDone] = useState<Rerun | undefined>(undefined);
  const [by, setBy] = useState("");
  const x = t.rerun;
  const close = () => {
    setOpen(false);
    setDone(undefined);
  };
  const judge = async () => setDone(await call<Rerun>("POST", `v1/sessions/${id}/rerun${by === "current" ? "?variant=" : ""}`));
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        {x.make}
      </button>
      {open && (
        <Dialog title={x.title} onClose={close} wide>
          {done ? (
            <>
              <Changes of={done} />
              <div class="buttons">
                <button type="button" class="primary" onClick={close}>
                  {t.common.close}
                </button>
              </div>
            </>
          ) : (
            <Form submit={x.start} onSubmit={judge} onCancel={close}>
              <p>{x.text}</p>
              <Select
                label={x.by}
                value={by}
                onValue={setBy}
                options={[
                  ["", x.recorded],
                  ["current", x.current],
                ]}
              />
            </Form>
          )}
        </Dialog>
      )}
    </>
  );
}

function Changes({ of }: { of: Rerun }) {
  const x = t.rerun;
  const { before, after, codes = [], fields = [], notes = [], frames, verdicts, unfit } = of;
  if (unfit) return <Notice kind="bad">{unfit}</Notice>;
  const same = before === after && codes.length === 0 && fields.length === 0;
  return (
    <>
      <Notice kind={before === after ? "good" : "bad"}>
        {same ? fill(x.identical, { verdicts }) : before === after ? fill(x.sameOutcome, { n: fields.length, verdicts }) : x.flipped}
      </Notice>
      <p>
        <Outcome outcome={before} /> → <Outcome outcome={after} /> <span class="soft">{fill(x.frames, { n: frames })}</span>
      </p>
      {notes.map((note) => (
        <p key={note} class="soft">
          {note}
        </p>
      ))}
      {codes.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>{x.frame}</th>
              <th>{x.before}</th>
              <th>{x.after}</th>
            </tr>
          </thead>
          <tbody>
            {codes.map((one) => (
              <tr key={one.frame}>
                <td data-label={x.frame}>{one.frame}</td>
                <td data-label={x.before}>
                  <Codes codes={one.before ?? []} />
                </td>
                <td data-label={x.after}>
                  <Codes codes={one.after ?? []} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
