import { useState } from "preact/hooks";
import { call } from "../api";
import { t } from "../language";
import { Check, Form, Heading, Notice, Text } from "../parts/ui";

const MIN_LENGTH = 12; // characters

/** Whoever `must` change a password got it from an administrator, who has chosen what becomes of the tokens. */
export function ChangePassword({ must = false, onDone }: { must?: boolean; onDone?: () => Promise<void> }) {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [repeated, setRepeated] = useState("");
  const [keep, setKeep] = useState(false);
  const [tried, setTried] = useState(false);
  const [done, setDone] = useState(false);
  const short = [...fresh].length < MIN_LENGTH ? t.password.short : undefined;
  const differs = fresh !== repeated ? t.password.differs : undefined;
  const submit = async () => {
    setTried(true);
    setDone(false);
    if (short || differs) return;
    await call("POST", "v1/me/password", { body: { old, new: fresh, keep_tokens: keep || must } });
    if (onDone) return onDone();
    for (const set of [setOld, setFresh, setRepeated]) set("");
    setKeep(false);
    setTried(false);
    setDone(true);
  };
  return (
    <>
      <Heading title={t.password.title} {...(must && { lead: t.password.must })} />
      {done && <Notice kind="good">{t.password.done}</Notice>}
      <Form submit={t.password.submit} onSubmit={submit} class="narrow">
        <Text label={t.password.old} value={old} onValue={setOld} name="old" type="password" autocomplete="current-password" required />
        <Text
          label={t.password.new}
          value={fresh}
          onValue={setFresh}
          name="new"
          type="password"
          autocomplete="new-password"
          required
          hint={t.password.hint}
          error={tried ? short : undefined}
        />
        <Text
          label={t.password.repeat}
          value={repeated}
          onValue={setRepeated}
          name="repeat"
          type="password"
          autocomplete="new-password"
          required
          error={tried ? differs : undefined}
        />
        {!must && <Check label={t.password.keepTokens} checked={keep} onChecked={setKeep} />}
      </Form>
    </>
  );
}
