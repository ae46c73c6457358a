// The settings as a form: generated from the schema, checked during input, saved as a new revision.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { call, Problem } from "../api";
import { fill } from "../format";
import { t } from "../language";
import { withVariant } from "../variant";
import { changes, checkAll, complete, type Schema, write } from "../schema";
import type { Document, Revision } from "../rest";
import { useCan } from "./me";
import { Setting } from "./setting";
import { errorsByPath, Form, inWords, Notice } from "./ui";
import { useUnsaved } from "./unsaved";

export interface SettingsFormProps {
  schema: Schema;
  newest: Revision;
  tag: string;
  onSaved: (revision: Revision) => void;
}

export function SettingsForm({ schema, newest, tag, onSaved }: SettingsFormProps) {
  const can = useCan();
  const stored = useMemo(() => complete(schema, newest.settings) as Document, [schema, newest]);
  const [draft, setDraft] = useState(stored);
  const [refused, setRefused] = useState<Record<string, string>>({}); // errors of the server, by path
  const [notice, setNotice] = useState<{ kind: "info" | "bad"; text: string } | undefined>(undefined);
  const [find, setFind] = useState("");
  const [note, setNote] = useState("");
  const form = useRef<HTMLDivElement>(null);
  const [show, setShow] = useState(""); // path to bring into view
  const changed = changes(schema, stored, draft);
  const errors = { ...checkAll(schema, draft), ...refused };
  const writable = can("settings:write");

  useEffect(() => {
    if (!show) return;
    const place = [...(form.current?.querySelectorAll<HTMLElement>("[data-path]") ?? [])].find(({ dataset }) => dataset["path"] === show);
    place?.closest("details")?.setAttribute("open", "");
    place?.querySelector<HTMLElement>("input, select, textarea")?.focus();
    place?.scrollIntoView({ block: "center" });
    setShow("");
  }, [show]);
  useUnsaved(changed.length > 0);

  const set = (path: string, value: unknown) => {
    setDraft((draft) => write(draft, path, value));
    setRefused({});
    setNotice(undefined);
  };
  const save = async () => {
    const [wrong] = Object.keys(checkAll(schema, draft));
    if (wrong) return setShow(wrong);
    setRefused({});
    setNotice(undefined);
    const path = withVariant("v1/settings", tag);
    const noted = note.trim() && `${path.includes("?") ? "&" : "?"}note=${encodeURIComponent(note.trim())}`;
    try {
      onSaved(await call<Revision>("PUT", path + noted, { body: draft, headers: { "If-Match": `"${newest.revision}"` } }));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 409) throw new Problem(409, t.settings.changed);
      const errors = errorsByPath(error);
      const [first] = Object.keys(errors);
      if (!first) throw error;
      setRefused(errors);
      setNotice({ kind: "bad", text: fill(t.settings.refused, { detail: inWords(error) }) });
      setShow(first);
    }
  };
  const load = async (input: HTMLInputElement) => {
    const [file] = input.files ?? [];
    input.value = "";
    if (!file) return;
    try {
      const read: unknown = JSON.parse(await file.text());
      if (typeof read !== "object" || read === null || Array.isArray(read)) throw new Error();
      setDraft(complete(schema, read) as Document);
      setRefused({});
      setNotice({ kind: "info", text: fill(t.settings.applied, { name: file.name }) });
    } catch {
      setNotice({ kind: "bad", text: fill(t.settings.notJSON, { name: file.name }) });
    }
  };

  return (
    <>
      <div class="toolbar">
        <input
          type="search"
          placeholder={t.settings.find}
          aria-label={t.settings.find}
          value={find}
          onInput={(event) => setFind(event.currentTarget.value)}
        />
        <span class="soft">{fill(t.settings.revision, { n: newest.revision })}</span>
        <button type="button" onClick={() => download(newest, tag)}>
          {t.settings.dump}
        </button>
        {writable && (
          <label class="button file">
            {t.settings.apply}
            <input type="file" class="unseen" accept=".json,application/json" onChange={(event) => void load(event.currentTarget)} />
          </label>
        )}
      </div>
      {notice && <Notice kind={notice.kind}>{notice.text}</Notice>}
      <fieldset class="bare" disabled={!writable}>
        <div ref={form}>
          <Groups schema={schema} draft={draft} errors={errors} changed={changed} find={find.trim().toLowerCase()} onValue={set} />
        </div>
      </fieldset>
      {changed.length > 0 && (
        <div class="savebar">
          <p>
            <strong>{changed.length === 1 ? t.settings.change : fill(t.settings.changes, { n: changed.length })}</strong>{" "}
            <span class="soft">
              {changed.slice(0, 4).join(", ")}
              {changed.length > 4 && " …"}
            </span>
          </p>
          <Form submit={t.settings.save} onSubmit={save} class="inline-form">
            <input
              aria-label={t.settings.note}
              placeholder={`${t.settings.note} (${t.settings.noteHint.toLowerCase()})`}
              maxLength={500}
              value={note}
              onInput={(event) => setNote(event.currentTarget.value)}
            />
            <button
              type="button"
              onClick={() => {
                setDraft(stored);
                setRefused({});
                setNotice(undefined);
              }}
            >
              {t.settings.discard}
            </button>
          </Form>
        </div>
      )}
    </>
  );
}

interface GroupsProps {
  schema: Schema;
  draft: Document;
  errors: Record<string, string>;
  changed: string[];
  find: string;
  onValue: (path: string, value: unknown) => void;
}

/** Lists the settings below a schema with their paths. */
function paths(schema: Schema, path: string): { path: string; schema: Schema }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const place = path ? `${path}.${key}` : key;
    return child.properties ? paths(child, place) : [{ path: place, schema: child }];
  });
}

/** The groups of the document. Those with errors, changes or search results are open. */
function Groups({ schema, draft, errors, changed, find, onValue }: GroupsProps) {
  const groups = Object.entries(schema.properties ?? {});
  const matches = (group: Schema, one: { path: string; schema: Schema }) =>
    `${one.path} ${group.title} ${one.schema.title} ${one.schema.description}`.toLowerCase().includes(find);
  const shown = groups
    .map(([key, group]) => {
      const all = group.properties ? paths(group, key) : [{ path: key, schema: group }];
      return { key, group, all: all.filter((one) => matches(group, one)) };
    })
    .filter(({ all }) => all.length > 0);
  if (shown.length === 0) return <p class="soft">{t.settings.nothingFound}</p>;
  return (
    <>
      {shown.map(({ key, group, all }) => {
        const within = (path: string) => path === key || path.startsWith(`${key}.`);
        const wrong = Object.keys(errors).filter(within).length;
        const edited = changed.filter(within).length;
        return (
          <details class="group card" key={key} open={find !== "" || wrong > 0 || edited > 0 || undefined}>
            <summary>
              <h2>{group.title}</h2> <span class="soft">{group.description}</span>
              {wrong > 0 && <span class="badge bad">{wrong}</span>}
              {wrong === 0 && edited > 0 && <span class="badge live">{edited}</span>}
            </summary>
            <div class="settings">
              {all.map((one) => (
                <Setting
                  key={one.path}
                  path={one.path}
                  schema={prefixed(one, key)}
                  value={one.path.split(".").reduce<unknown>((at, part) => (at as Document | undefined)?.[part], draft)}
                  errors={errors}
                  onValue={onValue}
                />
              ))}
            </div>
          </details>
        );
      })}
    </>
  );
}

/** Prefixes the title of a setting in a nested group with the group's name. */
function prefixed({ path, schema }: { path: string; schema: Schema }, group: string): Schema {
  const [inner, more] = path.slice(group.length + 1).split(".");
  return more ? { ...schema, title: `${(inner ?? "").replace(/^./, (letter) => letter.toUpperCase())}: ${schema.title}` } : schema;
}

function download({ settings, revision }: Revision, tag: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${JSON.stringify(settings, null, 2)}\n`], { type: "application/json" }));
  link.download = `selene-settings${tag && `-${tag}`}-${revision}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}
