// The catalogue in use. A language is a file in texts/; its name is its tag.
import { save, saved } from "./saved";
import en, { type Texts } from "./texts/en";

export let t: Texts = en;
export let lang = "en";

/** Languages that there is a file for: what they call themselves, and their words. */
export const LANGUAGES: Record<string, { name: string; load: () => Promise<{ default: Texts }> }> = {
  en: { name: "English", load: async () => ({ default: en }) },
  ru: { name: "Русский", load: () => import("./texts/ru") },
};

const KEY = "selene-language";

export function wantedLanguages(): string[] {
  return [saved(KEY) ?? "", ...navigator.languages];
}

/** Takes the first wanted language that there is a catalogue for; English when there is none. */
export async function chooseLanguage(wanted: readonly string[]): Promise<void> {
  const name = wanted.map((tag) => tag.toLowerCase().split("-")[0] ?? "").find((tag) => tag in LANGUAGES) ?? "en";
  const file = await LANGUAGES[name]?.load();
  if (file) [t, lang] = [file.default, name];
  document.documentElement.lang = lang;
}

export function keepLanguage(name: string): Promise<void> {
  save(KEY, name);
  return chooseLanguage([name]);
}
