// The statistics page: how sessions went. It shares its look, its words for outcomes and codes, and the log-in with the
// admin page.
import { h, render } from "preact";
import { chooseLanguage, wantedLanguages } from "../admin/language";
import { applyTheme, savedTheme } from "../admin/theme";
import { App } from "./app";
import { chooseWords } from "./words";

applyTheme(savedTheme());
void chooseLanguage(wantedLanguages())
  .then(chooseWords)
  .then(() => render(h(App, null), document.getElementById("app")!));
