// One setting of the form, with the control that fits its schema.
import type { ComponentChildren } from "preact";
import { fill, value as shown } from "../format";
import { t } from "../language";
import { nullable, same, type Schema, typeOf } from "../schema";
import { Check, Field, Text } from "./ui";

export interface SettingProps {
  path: string;
  schema: Schema;
  value: unknown;
  errors: Record<string, string>;
  onValue: (path: string, value: unknown) => void;
}

/** Returns the typed number; anything else unchanged, to be reported as an error. */
function typed(schema: Schema, text: string): unknown {
  if (text.trim() === "") return nullable(schema) ? null : "";
  const number = Number(text.trim().replace(",", "."));
  return Number.isFinite(number) ? number : text;
}

export function Setting(props: SettingProps) {
  const { path, schema, value, onValue } = props;
  const changed = schema.default !== undefined && !same(value, schema.default);
  const hint = (
    <>
      {schema.description}
      {changed && (
        <>
          {" "}
          <button type="button" class="link" onClick={() => onValue(path, structuredClone(schema.default))}>
            {t.settings.toDefault}
            <span class="unseen">: {schema.title}</span>
          </button>{" "}
          <span>({shown(schema.default)})</span>
        </>
      )}
    </>
  );
  return (
    <div class="setting" id={`setting-${path}`} data-path={path}>
      {control(props, hint)}
    </div>
  );
}

function control({ path, schema, value, errors, onValue }: SettingProps, hint: ComponentChildren) {
  const [label, error] = [schema.title ?? path, errors[path]];
  const type = typeOf(schema);
  const set = (next: unknown) => onValue(path, next);
  if (type === "boolean")
    return (
      <div class={`field ${error ? "wrong" : ""}`}>
        <Check label={label} checked={value === true} onChecked={set} />
        <p class="hint">{hint}</p>
        {error && <p class="error">{error}</p>}
      </div>
    );
  if (type === "array") {
    if (schema.items?.properties) return <Rows path={path} schema={schema} value={value} errors={errors} onValue={onValue} />;
    const list = Array.isArray(value) ? (value as string[]) : [];
    const options = schema.items?.enum;
    if (options) {
      return (
        <fieldset class={`field ${error ? "wrong" : ""}`}>
          <legend>{label}</legend>
          <div class="checks">
            {options.map((option) => (
              <Check
                key={option}
                label={option.replaceAll("_", " ")}
                checked={list.includes(option)}
                onChecked={(on) =>
                  set(on ? options.filter((one) => one === option || list.includes(one)) : list.filter((one) => one !== option))
                }
              />
            ))}
          </div>
          <p class="hint">{hint}</p>
          {error && <p class="error">{error}</p>}
        </fieldset>
      );
    }
    return (
      <Field
        label={label}
        hint={
          <>
            {hint} · {t.settings.oneALine}
          </>
        }
        error={error}
      >
        {(control) => (
          <textarea
            {...control}
            rows={Math.min(6, Math.max(2, list.length + 1))}
            value={list.join("\n")}
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
  }
  if (schema.enum) {
    return (
      <Field label={label} hint={hint} error={error}>
        {(control) => (
          <select {...control} value={String(value)} onChange={(event) => set(event.currentTarget.value)}>
            {schema.enum?.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        )}
      </Field>
    );
  }
  if (type === "number" || type === "integer") {
    const text = value === null || value === undefined ? "" : String(value);
    return (
      <Text
        label={label}
        hint={hint}
        error={error}
        value={text}
        inputMode={type === "integer" && (schema.minimum ?? 0) >= 0 ? "numeric" : "decimal"}
        onValue={(next) => set(typed(schema, next))}
        {...(nullable(schema) && { placeholder: t.settings.off })}
      />
    );
  }
  return (
    <Text
      label={label}
      hint={hint}
      error={error}
      value={String(value ?? "")}
      onValue={set}
      {...(schema.format === "password" && { type: "password", autocomplete: "new-password" })}
    />
  );
}

/** A list of objects: the workers. */
function Rows({ path, schema, value, errors, onValue }: SettingProps) {
  const rows = Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
  const columns = Object.entries(schema.items?.properties ?? {});
  const fresh = Object.fromEntries(columns.map(([key, column]) => [key, { boolean: false, number: 5, integer: 1 }[typeOf(column)] ?? ""]));
  return (
    <fieldset class="rows">
      <legend class="unseen">{schema.title}</legend>
      {errors[path] && <p class="error">{errors[path]}</p>}
      {rows.map((row, n) => (
        <div class="row" key={n}>
          {columns.map(([key, column]) => (
            <Setting key={key} path={`${path}.${n}.${key}`} schema={column} value={row[key]} errors={errors} onValue={onValue} />
          ))}
          <button
            type="button"
            class="quiet-danger"
            aria-label={fill(t.settings.removeRow, { name: String(row["name"] ?? n + 1) })}
            onClick={() =>
              onValue(
                path,
                rows.filter((_, at) => at !== n),
              )
            }
          >
            ×
          </button>
        </div>
      ))}
      <button type="button" onClick={() => onValue(path, [...rows, fresh])}>
        {t.settings.addWorker}
      </button>
    </fieldset>
  );
}
