// The catalogue in use. A language is a file in texts/; its name is its tag.
import en, { type Texts } from "../texts/en";

export let texts: Texts = en;
export let lang = "en";

/** Takes the first wanted language that there is a catalogue for; English when there is none. */
export async function chooseLanguage(wanted: readonly (string | null)[]): Promise<void> {
  for (const tag of wanted) {
    const name = tag?.toLowerCase().split("-")[0];
    if (!name) continue;
    try {
      const file = (await import(`../texts/${name}.ts`)) as { default: Texts };
      [texts, lang] = [file.default, name];
      return;
    } catch {
      // no such file among those that were built
    }
  }
}
