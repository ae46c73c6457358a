import { useId, useState } from "preact/hooks";
import { keepLanguage, lang, LANGUAGES, t } from "../language";
import { applyTheme, savedTheme, THEMES, type Theme } from "../theme";

export function LanguageChoice({ onLanguage }: { onLanguage: () => void }) {
  const id = useId();
  return (
    <div class="choice">
      <label for={id}>{t.account.language}</label>
      <select id={id} value={lang} onChange={(event) => void keepLanguage(event.currentTarget.value).then(onLanguage)}>
        {Object.entries(LANGUAGES).map(([tag, { name }]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

export function ThemeChoice() {
  const id = useId();
  const [theme, setTheme] = useState(savedTheme());
  const choose = (chosen: Theme) => {
    applyTheme(chosen);
    setTheme(chosen);
  };
  return (
    <div class="choice">
      <label for={id}>{t.account.theme}</label>
      <select id={id} value={theme} onChange={(event) => choose(event.currentTarget.value as Theme)}>
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {t.account.themes[name]}
          </option>
        ))}
      </select>
    </div>
  );
}
