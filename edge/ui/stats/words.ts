// The page's own texts, in the language of the admin page. A new language is a new file in texts/ and a line here.
import { lang } from "../admin/language";
import en, { type Words } from "./texts/en";

export let w: Words = en;

const OTHERS: Record<string, () => Promise<{ default: Words }>> = { ru: () => import("./texts/ru") };

export async function chooseWords(): Promise<void> {
  w = (await OTHERS[lang]?.())?.default ?? en;
}
