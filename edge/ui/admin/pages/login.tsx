import { useEffect, useRef, useState } from "preact/hooks";
import { call, rememberCSRF } from "../api";
import { t } from "../language";
import { LanguageChoice } from "../parts/choices";
import { Form, Notice, Text } from "../parts/ui";
import type { Answer } from "../rest";

export function LogIn({ out, onIn, onLanguage }: { out: boolean; onIn: () => Promise<void>; onLanguage: () => void }) {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    document.title = `${t.login.title} · ${t.brand}`;
    card.current?.querySelector("input")?.focus();
  }, []);
  const submit = async () => {
    const { csrf } = await call<Answer<"/v1/login", "post">>("POST", "v1/login", { body: { user, password } });
    rememberCSRF(csrf);
    await onIn();
  };
  return (
    <main class="alone">
      <div class="card" ref={card}>
        <p class="brand">
          <img src="../icon.svg" alt="" width="28" height="28" /> {t.brand} <span class="soft">{t.admin}</span>
        </p>
        <h1>{t.login.title}</h1>
        {out && <Notice kind="info">{t.login.out}</Notice>}
        <Form submit={t.login.submit} onSubmit={submit} class="wide-button">
          <Text label={t.login.user} value={user} onValue={setUser} name="user" autocomplete="username" autocapitalize="none" required />
          <Text
            label={t.login.password}
            value={password}
            onValue={setPassword}
            name="password"
            type="password"
            autocomplete="current-password"
            required
          />
        </Form>
        <p class="hint">{t.login.hint}</p>
        <LanguageChoice onLanguage={onLanguage} />
      </div>
    </main>
  );
}
