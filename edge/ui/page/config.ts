import { readConfig, type UIConfig } from "../lib/config";

/** The UI config that `?cn=NAME` names. When it cannot be had, the page is as it is without one, and the console says why. */
export async function loadConfig(name: string | null): Promise<UIConfig> {
  if (!name) return {};
  try {
    const response = await fetch(`ui-config/${encodeURIComponent(name)}`, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return checked(await response.json());
  } catch (error) {
    console.warn(
      `Selene: the UI config ${JSON.stringify(name)} cannot be used, the default is: ${error instanceof Error ? error.message : String(error)}`,
    );
    return {};
  }
}

/** A config without its faults, which the console is told. */
export function checked(value: unknown): UIConfig {
  const { config, problems } = readConfig(value);
  for (const problem of problems) console.warn(`Selene: UI config: ${problem}`);
  return config;
}
