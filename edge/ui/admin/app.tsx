// The state of the login, and the page that follows from it.
import { useEffect, useState } from "preact/hooks";
import { address, call, loggedOut, type Problem, rememberCSRF } from "./api";
import { LogIn } from "./pages/login";
import { ChangePassword } from "./pages/password";
import { t } from "./language";
import { Notice, inWords } from "./parts/ui";
import { MeContext } from "./parts/me";
import { Shell } from "./shell";
import type { Me } from "./rest";

type State = { at: "start" } | { at: "broken"; why: string } | { at: "login"; out: boolean } | { at: "in"; me: Me };

export function App() {
  const [state, setState] = useState<State>({ at: "start" });
  const [, setTurn] = useState(0);
  const enter = () =>
    call<Me>("GET", "v1/me").then(
      (me) => {
        rememberCSRF(me.csrf);
        const to = new URLSearchParams(location.search).get("to"); // the page that redirected here to log in
        if (to === "statistics/" && !me.must_change_password) location.replace(address(to));
        else setState({ at: "in", me });
      },
      (problem: Problem) => setState(problem.status === 401 ? { at: "login", out: false } : { at: "broken", why: inWords(problem) }),
    );
  useEffect(() => {
    void enter();
    const out = () => setState({ at: "login", out: true });
    loggedOut.addEventListener("out", out);
    return () => loggedOut.removeEventListener("out", out);
  }, []);
  const leave = () => setState({ at: "login", out: false });
  const redraw = () => setTurn((n) => n + 1);

  switch (state.at) {
    case "start":
      return (
        <p class="soft loading" role="status">
          {t.common.loading}
        </p>
      );
    case "broken":
      return (
        <main class="alone">
          <Notice kind="bad">
            <p>{state.why}</p>
            <button type="button" onClick={enter}>
              {t.common.again}
            </button>
          </Notice>
        </main>
      );
    case "login":
      return <LogIn out={state.out} onIn={enter} onLanguage={redraw} />;
    case "in":
      if (state.me.must_change_password)
        return (
          <main class="alone">
            <div class="card">
              <ChangePassword must onDone={enter} />
            </div>
          </main>
        );
      return (
        <MeContext.Provider value={state.me}>
          <Shell onOut={leave} onLanguage={redraw} />
        </MeContext.Provider>
      );
  }
}
