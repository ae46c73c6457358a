// The catalogue in use. Each language is a file in texts/, named after its tag.
import { save, saved } from "./saved";
import en, { type Texts } from "./texts/en";

export let t: Texts = en;
export let lang = "en";

/** The available languages: their own names and their texts. */
export const LANGUAGES: Record<string, { name: string; load: () => Promise<{ default: Texts }> }> = {
  en: { name: "English", load: async () => ({ default: en }) },
  ru: { name: "Русский", load: () => import("./texts/ru") },
};

const KEY = "selene-language";

export function wantedLanguages(): string[] {
  return [saved(KEY) ?? "", ...navigator.languages];
}

/** Chooses the first wanted language that has a catalogue, or English. */
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
