// The building blocks of pages.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Problem } from "../api";
import { dateTime } from "../format";
import { t } from "../language";
import type { Load } from "../load";

const capitalised = (text: string): string => text.replace(/^./, (first) => first.toUpperCase());

/** Returns what went wrong, as a sentence. */
export const inWords = (error: unknown): string =>
  !(error instanceof Problem) ? String(error) : error.errors[0]?.path ? error.message : capitalised(error.message) || t.common.unreachable;

/** Returns what is wrong with the values of a refused body, by path. */
export const errorsByPath = (error: unknown): Record<string, string> =>
  error instanceof Problem
    ? Object.fromEntries(error.errors.filter(({ path }) => path).map(({ path, detail }) => [path, capitalised(detail)]))
    : {};

export function Notice({ kind, children }: { kind: "good" | "bad" | "info"; children: ComponentChildren }) {
  return (
    <div class={`notice ${kind}`} role={kind === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

export function Empty({ title, hint }: { title: string; hint?: string }) {
  return (
    <div class="empty">
      <p>{title}</p>
      {hint && <p class="soft">{hint}</p>}
    </div>
  );
}

/** Shows loaded data; until then a loading message, or the error. */
export function Loaded<T>({ from, children }: { from: Load<T>; children: (data: T) => ComponentChildren }) {
  const { data, problem, reload } = from;
  const broken = problem && (
    <Notice kind="bad">
      <p>
        {data !== undefined && `${t.common.stale} `}
        {inWords(problem)}
      </p>
      <button type="button" onClick={reload}>
        {t.common.again}
      </button>
    </Notice>
  );
  if (data === undefined)
    return (
      broken ?? (
        <p class="soft loading" role="status">
          {t.common.loading}
        </p>
      )
    );
  return (
    <>
      {broken}
      {children(data)}
    </>
  );
}

/** A page's heading, focused when the page opens, with its actions. */
export function Heading({
  title,
  lead,
  children,
  label,
}: {
  title: ComponentChildren;
  lead?: string;
  children?: ComponentChildren;
  label?: string;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const name = label ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    document.title = `${name} · ${t.brand}`;
  }, [name]);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="heading">
      <div>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead && <p class="soft">{lead}</p>}
      </div>
      {children && <div class="actions">{children}</div>}
    </div>
  );
}

export interface FieldProps {
  label: ComponentChildren;
  hint?: ComponentChildren;
  error?: string | undefined;
  class?: string;
  /** Receives the attributes that link the control to its label, hint and error. */
  children: (control: { id: string; "aria-describedby"?: string; "aria-invalid"?: "true" }) => ComponentChildren;
}

export function Field({ label, hint, error, children, class: kind = "" }: FieldProps) {
  const id = useId();
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class={`field ${kind} ${error ? "wrong" : ""}`}>
      <label for={id}>{label}</label>
      {children({ id, ...(about && { "aria-describedby": about }), ...(error && { "aria-invalid": "true" as const }) })}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

export function Text({
  label,
  hint,
  error,
  value,
  onValue,
  type = "text",
  ...rest
}: {
  label: ComponentChildren;
  hint?: ComponentChildren;
  error?: string | undefined;
  value: string;
  onValue: (value: string) => void;
  type?: string;
  placeholder?: string;
  required?: boolean;
  autocomplete?: string;
  inputMode?: "decimal" | "numeric";
  name?: string;
  pattern?: string;
  maxLength?: number;
  minLength?: number;
  autocapitalize?: "none";
}) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => <input {...control} {...rest} type={type} value={value} onInput={(event) => onValue(event.currentTarget.value)} />}
    </Field>
  );
}

export function Select({
  label,
  hint,
  value,
  onValue,
  options,
  error,
}: {
  label: ComponentChildren;
  hint?: string;
  error?: string | undefined;
  value: string;
  onValue: (value: string) => void;
  options: (readonly [value: string, text: string])[];
}) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <select {...control} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {options.map(([value, text]) => (
            <option value={value} key={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Check({
  label,
  checked,
  onChecked,
  disabled = false,
}: {
  label: ComponentChildren;
  checked: boolean;
  onChecked: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} disabled={disabled} onChange={(event) => onChecked(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

/** A form that shows the error if submitting fails. */
export function Form({
  onSubmit,
  children,
  submit,
  danger = false,
  onCancel,
  class: kind = "",
}: {
  onSubmit: () => Promise<unknown>;
  children?: ComponentChildren;
  submit: string;
  danger?: boolean;
  onCancel?: () => void;
  class?: string;
}) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const send = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem("");
    try {
      await onSubmit();
    } catch (error) {
      setProblem(inWords(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class={`form ${kind}`} onSubmit={send}>
      {children}
      {problem && <Notice kind="bad">{problem}</Notice>}
      <div class="buttons">
        {onCancel && (
          <button type="button" onClick={onCancel}>
            {t.common.cancel}
          </button>
        )}
        <button type="submit" class={danger ? "danger" : "primary"} aria-disabled={busy}>
          {submit}
        </button>
      </div>
    </form>
  );
}

/** A modal dialog; Escape closes it. Closing restores the focus. */
export function Dialog({
  title,
  onClose,
  children,
  wide = false,
}: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  wide?: boolean;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  return (
    <dialog ref={dialog} class={wide ? "wide" : ""} aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

/** A button whose action runs after confirmation. */
export function Confirmed({
  label,
  title,
  text,
  yes,
  deed,
  danger = true,
  disabled = false,
  class: kind = "",
  children,
}: {
  label: ComponentChildren;
  title: string;
  text: string;
  children?: ComponentChildren;
  yes: string;
  deed: () => Promise<unknown>;
  danger?: boolean;
  disabled?: boolean;
  class?: string;
}) {
  const [asking, setAsking] = useState(false);
  const close = () => setAsking(false);
  return (
    <>
      <button type="button" class={kind || (danger ? "quiet-danger" : "")} disabled={disabled} onClick={() => setAsking(true)}>
        {label}
      </button>
      {asking && (
        <Dialog title={title} onClose={close}>
          <Form submit={yes} danger={danger} onCancel={close} onSubmit={() => deed().then(close)}>
            <p>{text}</p>
            {children}
          </Form>
        </Dialog>
      )}
    </>
  );
}

/** A dialog with a secret that is shown only once. */
export function Secret({ title, text, secret, onClose }: { title: string; text: string; secret: string; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard?.writeText(secret).then(
      () => setCopied(true),
      () => {},
    );
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <p class="secret">
        <code>{secret}</code>
      </p>
      <div class="buttons">
        <button type="button" onClick={copy}>
          <span aria-live="polite">{copied ? t.common.copied : t.common.copy}</span>
        </button>
        <button type="button" class="primary" onClick={onClose}>
          {t.common.close}
        </button>
      </div>
    </Dialog>
  );
}

export function Time({ at }: { at: string | undefined }) {
  return at ? <time dateTime={at}>{dateTime(at)}</time> : <span>{t.common.never}</span>;
}

/** A table, shown as a list of cards on narrow screens. */
export function Table({ head, children, label }: { head: ComponentChildren[]; children: ComponentChildren; label: string }) {
  return (
    <div class="table">
      <table aria-label={label}>
        <thead>
          <tr>
            {head.map((cell, n) => (
              <th scope="col" key={n}>
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** A table cell, preceded by its label on narrow screens. */
export function Cell({ label, children, class: kind }: { label?: string; children?: ComponentChildren; class?: string }) {
  return (
    <td data-label={label} class={kind}>
      {children}
    </td>
  );
}
