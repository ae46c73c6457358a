// The layout of every page: sections, account, content.
import type { ComponentChildren } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { address, call } from "./api";
import { fill } from "./format";
import { lang, t } from "./language";
import { AuditLog } from "./pages/audit";
import { ConfigEditor } from "./pages/config";
import { Configs } from "./pages/configs";
import { Exports } from "./pages/exports";
import { Groups } from "./pages/groups";
import { ChangePassword } from "./pages/password";
import { SessionPage } from "./pages/session";
import { Sessions } from "./pages/sessions";
import { SettingsPage } from "./pages/settings";
import { Tokens } from "./pages/tokens";
import { Users } from "./pages/users";
import { Workers } from "./pages/workers";
import { LanguageChoice, ThemeChoice } from "./parts/choices";
import { Empty, Heading } from "./parts/ui";
import { MeContext, useCan } from "./parts/me";
import { at, type Route, useRoute } from "./route";

type Name = "sessions" | "exports" | "statistics" | "configs" | "settings" | "workers" | "users" | "groups" | "tokens" | "audit";

interface Section {
  name: Name;
  right: string;
  icon: string;
  /** Returns the page for the rest of the path. Without it, the section is a separate page. */
  show?: (route: Route) => ComponentChildren;
}

const SECTIONS: Section[] = [
  {
    name: "sessions",
    right: "sessions:read",
    icon: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 20c0-4 3.5-6 8-6s8 2 8 6",
    show: (route) =>
      route.parts[1] ? <SessionPage key={route.parts[1]} id={route.parts[1]} query={route.query} /> : <Sessions query={route.query} />,
  },
  { name: "exports", right: "exports:read", icon: "M12 4v11m-4-4 4 4 4-4M5 19h14", show: () => <Exports /> },
  { name: "statistics", right: "stats:read", icon: "M5 20V11m7 9V4m7 16v-6" },
  { name: "workers", right: "workers:read", icon: "M5 5h14v6H5zM5 14h14v5H5zM8 8h.01M8 16.5h.01", show: () => <Workers /> },
  {
    name: "settings",
    right: "settings:read",
    icon: "M4 7h9m4 0h3M4 17h3m4 0h9M15 4.5v5M9 14.5v5",
    show: (route) => <SettingsPage key={route.query.get("variant") ?? ""} tab={route.parts[1] ?? "form"} query={route.query} />,
  },
  {
    name: "configs",
    right: "ui-configs:read",
    icon: "M4 5h16v12H4zM9 21h6M12 17v4",
    show: (route) => (route.parts[1] ? <ConfigEditor key={route.parts[1]} name={route.parts[1]} /> : <Configs />),
  },
  {
    name: "users",
    right: "users:read",
    icon: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM3 20c0-3.5 2.5-5.5 6-5.5s6 2 6 5.5M16 4.5a3.5 3.5 0 0 1 0 6.5M17.5 15c2.2.6 3.5 2.3 3.5 5",
    show: () => <Users />,
  },
  {
    name: "groups",
    right: "users:read",
    icon: "M12 3l8 3v5c0 5-3.5 8.5-8 10-4.5-1.5-8-5-8-10V6zM9 12l2.2 2.200L15.5 10",
    show: () => <Groups />,
  },
  {
    name: "tokens",
    right: "tokens:read",
    icon: "M8 16a4 4 0 1 1 3.5-5.900L20 10v4h-3v3h-3.500v-3H11.500A4 4 0 0 1 8 16ZM8 12h.01",
    show: () => <Tokens />,
  },
  {
    name: "audit",
    right: "audit:read",
    icon: "M12 7v5l3.5 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
    show: (route) => <AuditLog query={route.query} />,
  },
];

const Icon = ({ path }: { path: string }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={path} />
  </svg>
);

export function Shell({ onOut, onLanguage }: { onOut: () => void; onLanguage: () => void }) {
  const route = useRoute();
  const me = useContext(MeContext);
  const can = useCan();
  const [open, setOpen] = useState(false); // the menu on narrow screens
  const sections = SECTIONS.filter(({ right }) => can(right));
  const place = route.parts.join("/");
  useEffect(() => setOpen(false), [place]);
  const logOut = () => call("POST", "v1/logout").then(onOut, onOut);
  const first = sections.find(({ show }) => show);
  return (
    <div class="shell">
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("content")?.focus();
        }}
      >
        {t.nav.skip}
      </a>
      <header class="side">
        <div class="bar">
          <a class="brand" href={first ? at([first.name]) : "#/"}>
            <img src="../icon.svg" alt="" width="26" height="26" /> {t.brand} <span class="soft">{t.admin}</span>
          </a>
          <button type="button" class="menu" aria-expanded={open} aria-controls="menu" onClick={() => setOpen(!open)}>
            {t.nav.menu}
          </button>
        </div>
        <div id="menu" class={open ? "open" : ""}>
          <nav aria-label={t.nav.label}>
            {sections.map(({ name, icon, show }) => (
              <a
                key={name}
                href={show ? at([name]) : address("statistics/")}
                aria-current={route.parts[0] === name || (!route.parts[0] && name === first?.name) ? "page" : undefined}
              >
                <Icon path={icon} />
                {t.nav[name]}
              </a>
            ))}
          </nav>
          <div class="account">
            <p class="soft">{fill(t.account.signedInAs, { name: me.name })}</p>
            <div class="choices">
              <ThemeChoice />
              <LanguageChoice onLanguage={onLanguage} />
            </div>
            <div class="links">
              <a href={at(["password"])}>{t.account.password}</a>
              <button type="button" class="link" onClick={logOut}>
                {t.account.logOut}
              </button>
            </div>
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1} key={lang}>
        {page(route, first, can)}
      </main>
    </div>
  );
}

function page(route: Route, first: Section | undefined, can: (right: string) => boolean): ComponentChildren {
  const [name] = route.parts;
  if (name === "password") return <ChangePassword key="password" />;
  const section = name ? SECTIONS.find((section) => section.name === name) : first;
  if (!name && !first)
    return (
      <>
        <Heading title={t.nav.nothing} />
        <Empty title={t.nav.nothingHint} />
      </>
    );
  if (!section?.show)
    return (
      <>
        <Heading title={t.nav.unknown} />
        <p>
          <a href="#/">{t.nav.home}</a>
        </p>
      </>
    );
  if (!can(section.right))
    return (
      <>
        <Heading title={t.nav.notAllowed} />
        <Empty title={fill(t.nav.notAllowedHint, { right: section.right })} />
      </>
    );
  return <div key={section.name}>{section.show(route)}</div>;
}
