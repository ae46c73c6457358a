// The form of a UI config.
import { PROMPTED_CODES } from "../../lib/prompts";
import { COLORS, SIZES } from "../../lib/config";
import { CODES } from "../codes";
import { BEHAVIOUR, CAMERA, type ConfigField, TEXTS } from "../config_fields";
import { fill } from "../format";
import { t } from "../language";
import { read } from "../schema";
import type { Document } from "../rest";
import { Field, Select, Text } from "./ui";

export interface ConfigFormProps {
  config: Document;
  /** Errors by path. */
  errors: Record<string, string>;
  onValue: (path: string, value: unknown) => void;
}

export function ConfigForm(props: ConfigFormProps) {
  const x = t.configs;
  return (
    <>
      <Group title={x.groups.behaviour} open>
        {BEHAVIOUR.map((field) => (
          <Input key={field.path} field={field} {...props} />
        ))}
      </Group>
      <Group title={x.groups.look} open>
        <Look {...props} />
      </Group>
      <Group title={x.groups.texts}>
        {TEXTS.map((field) => (
          <Input key={field.path} field={field} {...props} />
        ))}
      </Group>
      <Group title={x.groups.messages}>
        <Messages {...props} />
      </Group>
      <Group title={x.groups.camera}>
        <div class="columns">
          {CAMERA.map((field) => (
            <Input key={field.path} field={field} {...props} />
          ))}
        </div>
      </Group>
    </>
  );
}

function Group({ title, open = false, children }: { title: string; open?: boolean; children: preact.ComponentChildren }) {
  return (
    <details class="group card" open={open}>
      <summary>
        <h2>{title}</h2>
      </summary>
      <div class="fields">{children}</div>
    </details>
  );
}

/** Returns the typed number; anything else unchanged, for the server to refuse. */
const numeric = (text: string): unknown => (text.trim() === "" ? undefined : Number.isFinite(Number(text)) ? Number(text) : text);

function Input({ field: { path, kind }, config, errors, onValue }: ConfigFormProps & { field: ConfigField }) {
  const [label, hint] = [t.configs.fields[path] ?? path, t.configs.hints[path]];
  const wrong = Object.entries(errors).find(([at]) => at === path || at.startsWith(`${path}.`))?.[1];
  const value = read(config, path);
  const text = value === undefined ? "" : String(value);
  const set = (next: unknown) => onValue(path, next);
  switch (kind) {
    case "mode":
      return <Select label={label} value={text} onValue={set} options={Object.entries(t.configs.modes)} error={wrong} />;
    case "mimetype":
      return (
        <Select
          label={label}
          value={text}
          onValue={set}
          options={["", "image/jpeg", "image/png"].map((one) => [one, one || t.configs.unset] as const)}
          error={wrong}
        />
      );
    case "boolean":
      return (
        <Select
          label={label}
          value={text}
          onValue={(next) => set(next === "" ? undefined : next === "true")}
          options={[
            ["", t.configs.unset],
            ["true", t.common.yes],
            ["false", t.common.no],
          ]}
          error={wrong}
        />
      );
    case "lines":
      return (
        <Field label={label} hint={hint} error={wrong}>
          {(control) => (
            <textarea
              {...control}
              rows={2}
              value={Array.isArray(value) ? value.join("\n") : ""}
              onChange={(event) =>
                set(
                  event.currentTarget.value
                    .split("\n")
                    .map((line) => line.trim())
                    .filter(Boolean),
                )
              }
            />
          )}
        </Field>
      );
    case "number":
      return (
        <Text
          label={label}
          hint={hint}
          error={wrong}
          value={text}
          onValue={(next) => set(numeric(next))}
          inputMode="decimal"
          placeholder={t.configs.unset}
        />
      );
    default:
      return <Text label={label} hint={hint} error={wrong} value={text} onValue={set} maxLength={2000} />;
  }
}

function Look(props: ConfigFormProps) {
  const x = t.configs;
  return (
    <>
      <h3>{x.colors}</h3>
      <Colors {...props} group="styles.colors" />
      <details>
        <summary>{x.darkColors}</summary>
        <Colors {...props} group="styles.dark_colors" dark />
      </details>
      <h3>{x.sizes}</h3>
      <div class="columns">
        {Object.entries(SIZES).map(([name, [, least, most]]) => {
          const path = `styles.sizes.${name}`;
          const value = read(props.config, path);
          return (
            <Text
              key={name}
              label={x.sizeNames[name] ?? name}
              hint={`${least}–${most}`}
              value={value === undefined ? "" : String(value)}
              inputMode="numeric"
              placeholder={x.unset}
              error={props.errors[path]}
              onValue={(next) => props.onValue(path, numeric(next))}
            />
          );
        })}
      </div>
    </>
  );
}

/** The colours of the user page without a config. */
const DEFAULTS: Record<string, [light: string, dark: string]> = {
  page: ["#eef2f8", "#0b1220"],
  surface: ["#ffffff", "#141d2f"],
  line: ["#d9e0ea", "#2b3851"],
  text: ["#101828", "#eef2f8"],
  soft_text: ["#475467", "#a9b4c6"],
  accent: ["#1d4ed8", "#7aa2ff"],
  accent_strong: ["#1e40af", "#a3bfff"],
  on_accent: ["#ffffff", "#0b1220"],
  good: ["#067647", "#4ade80"],
  good_soft: ["#dcfae6", "#10331f"],
  bad: ["#b42318", "#ff8a80"],
  bad_soft: ["#fee4e2", "#42191a"],
};

function Colors({ config, errors, onValue, group, dark = false }: ConfigFormProps & { group: string; dark?: boolean }) {
  const x = t.configs;
  return (
    <div class="colors">
      {Object.keys(COLORS).map((name) => {
        const path = `${group}.${name}`;
        const value = read(config, path) as string | undefined;
        const label = x.colorNames[name] ?? name;
        const id = `${group}-${name}`;
        const shown = value && /^#[0-9a-f]{6}$/i.test(value) ? value : (DEFAULTS[name]?.[dark ? 1 : 0] ?? "#000000");
        return (
          <div class={`color ${value ? "set" : ""}`} key={name}>
            <input id={id} type="color" value={shown} onInput={(event) => onValue(path, event.currentTarget.value)} />
            <label for={id}>{label}</label>
            {value ? (
              <button type="button" class="link" aria-label={fill(x.clear, { name: label })} onClick={() => onValue(path, undefined)}>
                {value} ×
              </button>
            ) : (
              <span class="soft">{x.unset}</span>
            )}
            {errors[path] && <p class="error">{errors[path]}</p>}
          </div>
        );
      })}
    </div>
  );
}

function Messages({ config, errors, onValue }: ConfigFormProps) {
  const given = (config["error_messages"] ?? {}) as Record<string, string | undefined>;
  const codes = Object.keys(given).filter((code) => given[code] !== undefined);
  const left = PROMPTED_CODES.filter((code) => !codes.includes(String(code)));
  const set = (code: string, value: string | undefined) => onValue(`error_messages.${code}`, value);
  return (
    <>
      {codes.map((code) => (
        <div class="message" key={code}>
          <Text
            label={
              <>
                {fill(t.configs.message, { code })} <span class="soft">{t.codes[Number(code)]}</span>
              </>
            }
            value={given[code] ?? ""}
            maxLength={500}
            error={errors[`error_messages.${code}`]}
            onValue={(value) => set(code, value)}
          />
          <button
            type="button"
            class="quiet-danger"
            aria-label={fill(t.configs.clear, { name: code })}
            onClick={() => set(code, undefined)}
          >
            ×
          </button>
        </div>
      ))}
      <Select
        label={t.configs.addMessage}
        value=""
        onValue={(code) => code && set(code, "")}
        options={[["", "…"], ...left.map((code) => [String(code), `${code} ${CODES[code] ?? ""}: ${t.codes[code] ?? ""}`] as const)]}
      />
    </>
  );
}
