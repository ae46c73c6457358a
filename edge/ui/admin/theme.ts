import { save, saved } from "./saved";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "selene-theme";

export function savedTheme(): Theme {
  return THEMES.find((theme) => theme === saved(KEY)) ?? "system";
}

/** Applies and stores a theme; "system" follows the operating system. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  save(KEY, theme);
}
