// The catalogue in use. Each language is a file in texts/, named after its tag.
import en, { type Texts } from "../texts/en";

export let texts: Texts = en;
export let lang = "en";

/** Chooses the first wanted language that has a catalogue, or English. */
export async function chooseLanguage(wanted: readonly (string | null)[]): Promise<void> {
  for (const tag of wanted) {
    const name = tag?.toLowerCase().split("-")[0];
    if (!name) continue;
    try {
      const file = (await import(`../texts/${name}.ts`)) as { default: Texts };
      [texts, lang] = [file.default, name];
      return;
    } catch {
      // there is no catalogue for this language
    }
  }
}
