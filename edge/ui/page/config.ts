import { readConfig, type UIConfig } from "../lib/config";

/** Fetches the UI config of `?cn=NAME`. If that fails, it logs a warning and returns an empty config. */
export async function loadConfig(name: string | null): Promise<UIConfig> {
  if (!name) return {};
  try {
    const response = await fetch(`ui-config/${encodeURIComponent(name)}`, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return checked(await response.json());
  } catch (error) {
    console.warn(
      `Selene: the UI config ${JSON.stringify(name)} cannot be used; the default applies: ${error instanceof Error ? error.message : String(error)}`,
    );
    return {};
  }
}

/** Returns the valid part of a config and logs a warning for each invalid value. */
export function checked(value: unknown): UIConfig {
  const { config, problems } = readConfig(value);
  for (const problem of problems) console.warn(`Selene: UI config: ${problem}`);
  return config;
}
