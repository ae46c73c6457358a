import { useEffect, useState } from "preact/hooks";
import { fill } from "../format";
import { t } from "../language";
import { useLoad } from "../load";
import { SettingsForm } from "../parts/settings_form";
import { Revisions } from "../parts/revisions";
import { Variants } from "../parts/variants";
import { Heading, Loaded, Notice } from "../parts/ui";
import { useCan } from "../parts/me";
import { at } from "../route";
import type { Schema } from "../schema";
import type { Answer, Revision } from "../rest";
import { withVariant } from "../variant";

const TABS = ["form", "revisions", "variants"] as const;

export function SettingsPage({ tab, query }: { tab: string; query: URLSearchParams }) {
  const can = useCan();
  const tag = query.get("variant") ?? "";
  const schema = useLoad<Schema>("v1/settings/schema");
  const newest = useLoad<Revision>(withVariant("v1/settings", tag));
  const variants = useLoad<Answer<"/v1/settings/variants">>("v1/settings/variants");
  const [message, setMessage] = useState("");
  useEffect(() => setMessage(""), [tab]);
  const variant: Record<string, string> = tag ? { variant: tag } : {};
  const tags = variants.data?.variants.map((one) => one.tag).filter(Boolean) ?? [];
  const saved = (revision: Revision, words: string) => {
    newest.set(revision);
    variants.reload();
    setMessage(words);
  };
  return (
    <>
      <Heading title={t.settings.title} lead={t.settings.lead}>
        {(tags.length > 0 || tag) && (
          <label class="inline">
            {t.settings.variant}{" "}
            <select
              value={tag}
              onChange={(event) => {
                location.hash = at(["settings", tab], { variant: event.currentTarget.value });
              }}
            >
              <option value="">{t.settings.main}</option>
              {[...new Set([...tags, tag])].filter(Boolean).map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </select>
          </label>
        )}
      </Heading>
      <nav class="tabs" aria-label={t.settings.title}>
        {TABS.map((name) => (
          <a key={name} href={at(["settings", name], variant)} aria-current={name === tab ? "page" : undefined}>
            {t.settings[name]}
          </a>
        ))}
      </nav>
      {message && <Notice kind="good">{message}</Notice>}
      <Warnings of={newest.data} />
      {!can("settings:write") && <Notice kind="info">{t.settings.readOnly}</Notice>}
      {tab === "form" && (
        <Loaded from={schema}>
          {(schema) => (
            <Loaded from={newest}>
              {(newest) => (
                <SettingsForm
                  key={newest.revision}
                  schema={schema}
                  newest={newest}
                  tag={tag}
                  onSaved={(revision) => saved(revision, fill(t.settings.saved, { n: revision.revision }))}
                />
              )}
            </Loaded>
          )}
        </Loaded>
      )}
      {tab === "revisions" && (
        <Revisions
          key={newest.data?.revision ?? 0}
          tag={tag}
          onRestored={(revision, n) => saved(revision, fill(t.settings.restored, { n, as: revision.revision }))}
        />
      )}
      {tab === "variants" && (
        <Loaded from={newest}>
          {(newest) => (
            <Loaded from={variants}>{({ variants: all }) => <Variants all={all} open={newest} onChange={variants.reload} />}</Loaded>
          )}
        </Loaded>
      )}
    </>
  );
}

/** What the server says about settings that are allowed but do not do what they seem to. */
function Warnings({ of }: { of: Revision | undefined }) {
  if (!of?.warnings.length) return null;
  return (
    <Notice kind="bad">
      {t.settings.warnings}
      <ul>
        {of.warnings.map(({ path, message }) => (
          <li key={`${path} ${message}`}>
            {path && <code>{path}</code>} {message}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
