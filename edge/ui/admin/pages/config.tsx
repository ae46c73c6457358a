import { useEffect, useRef, useState } from "preact/hooks";
import { address, call } from "../api";
import { pruned } from "../config_fields";
import { fill } from "../format";
import { lang, t } from "../language";
import { useLoad } from "../load";
import { ConfigForm } from "../parts/config_form";
import { Confirmed, errorsByPath, Form, Heading, Loaded, Notice } from "../parts/ui";
import { useCan } from "../parts/me";
import { useUnsaved } from "../parts/unsaved";
import { at } from "../route";
import { same, write } from "../schema";
import type { Document } from "../rest";

/** The editor of one UI config. Saving creates it if it does not exist yet. */
export function ConfigEditor({ name }: { name: string }) {
  const path = `v1/ui-configs/${encodeURIComponent(name)}`;
  const load = useLoad<Document>(path);
  const fresh = load.problem?.status === 404;
  const title = (
    <>
      <a href={at(["configs"])}>{t.configs.title}</a> / {name}
    </>
  );
  if (fresh) return <Editor key="fresh" name={name} path={path} title={title} stored={{}} fresh />;
  return load.data ? (
    <Editor name={name} path={path} title={title} stored={load.data} />
  ) : (
    <>
      <Heading title={title} label={name} />
      <Loaded from={load}>{() => null}</Loaded>
    </>
  );
}

function Editor({
  name,
  path,
  title,
  stored,
  fresh = false,
}: {
  name: string;
  path: string;
  title: preact.ComponentChildren;
  stored: Document;
  fresh?: boolean;
}) {
  const can = useCan();
  const [kept, setKept] = useState(stored);
  const [config, setConfig] = useState(stored);
  const [exists, setExists] = useState(!fresh);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [saved, setSaved] = useState(false);
  const changed = !same(pruned(kept), pruned(config)) || !exists;
  const writable = can("ui-configs:write");
  useUnsaved(changed && exists);
  const set = (place: string, value: unknown) => {
    setConfig((config) => write(config, place, value));
    setErrors({});
    setSaved(false);
  };
  const save = async () => {
    setErrors({});
    try {
      const now = await call<Document>("PUT", path, { body: pruned(config) });
      setKept(now);
      setConfig(now);
      setExists(true);
      setSaved(true);
    } catch (problem) {
      setErrors(errorsByPath(problem));
      throw problem;
    }
  };
  const remove = async () => {
    await call("DELETE", path);
    location.hash = at(["configs"]);
  };
  return (
    <>
      <Heading title={title} label={name}>
        <a class="button" href={address(`?cn=${encodeURIComponent(name)}`)} target="_blank" rel="noopener">
          {t.configs.open}
        </a>
        {writable && exists && (
          <Confirmed
            label={t.common.delete}
            title={fill(t.configs.deleteOne, { name })}
            text={t.configs.deleteText}
            yes={t.common.delete}
            deed={remove}
          />
        )}
      </Heading>
      {!exists && <Notice kind="info">{t.configs.missing}</Notice>}
      <div class="editor">
        <div>
          <fieldset class="bare" disabled={!writable}>
            <ConfigForm config={config} errors={errors} onValue={set} />
          </fieldset>
          {writable && (
            <div class={`savebar ${changed ? "" : "idle"}`}>
              {saved ? <p role="status">{t.configs.saved}</p> : <p>{changed && <strong>{t.configs.unsaved}</strong>}</p>}
              <Form submit={t.common.save} onSubmit={save} class="inline-form" />
            </div>
          )}
        </div>
        <Preview config={{ ...config, name }} />
      </div>
    </>
  );
}

/** The user page with the config from the form. Once the page reports that it is ready, it receives each change. */
function Preview({ config }: { config: Document }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const latest = useRef(config);
  latest.current = config;
  const send = () => frame.current?.contentWindow?.postMessage({ type: "selene-config", config: pruned(latest.current) }, location.origin);
  useEffect(send, [config]);
  useEffect(() => {
    const receive = ({ origin, source, data }: MessageEvent<{ source?: string; type?: string } | null>) => {
      if (origin === location.origin && source === frame.current?.contentWindow && data?.source === "selene" && data.type === "ready")
        send();
    };
    addEventListener("message", receive);
    return () => removeEventListener("message", receive);
  }, []);
  return (
    <aside class="preview">
      <h2>{t.configs.preview}</h2>
      <iframe ref={frame} src={address(`?lang=${lang}&origin=${encodeURIComponent(location.origin)}`)} title={t.configs.preview} />
      <p class="hint">{t.configs.previewHint}</p>
    </aside>
  );
}
