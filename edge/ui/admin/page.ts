// Entry point of the admin page.
import { render, h } from "preact";
import { App } from "./app";
import { chooseLanguage, wantedLanguages } from "./language";
import { applyTheme, savedTheme } from "./theme";

applyTheme(savedTheme());
void chooseLanguage(wantedLanguages()).then(() => render(h(App, null), document.getElementById("app")!));
