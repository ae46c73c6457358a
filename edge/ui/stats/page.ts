// Entry point of the statistics page. It shares styles, texts for outcomes and codes, and the login with the admin page.
import { h, render } from "preact";
import { chooseLanguage, wantedLanguages } from "../admin/language";
import { applyTheme, savedTheme } from "../admin/theme";
import { App } from "./app";
import { chooseWords } from "./words";

applyTheme(savedTheme());
void chooseLanguage(wantedLanguages())
  .then(chooseWords)
  .then(() => render(h(App, null), document.getElementById("app")!));
