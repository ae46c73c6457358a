// The admin page: what people who run an installation see and do. `app.tsx` is the whole of it.
import { render, h } from "preact";
import { App } from "./app";
import { chooseLanguage, wantedLanguages } from "./language";
import { applyTheme, savedTheme } from "./theme";

applyTheme(savedTheme());
void chooseLanguage(wantedLanguages()).then(() => render(h(App, null), document.getElementById("app")!));
