// Applies the colours and sizes of a config to the custom properties of the style sheet.
import { COLORS, SIZES, type ColorName, type Styles } from "../lib/config";

/** Sets the properties that the styles define and resets the others, for the current colour scheme. */
export function applyStyles({ colors, dark_colors: darkColors, sizes }: Styles = {}): void {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // Light custom colours would be unreadable in the dark scheme, so without dark ones the page stays light.
  root.dataset.scheme = colors && !darkColors ? "light" : "";
  const paint = () => {
    const chosen: Partial<Record<ColorName, string>> = {
      ...(dark.matches && darkColors ? darkColors : dark.matches && !colors ? {} : colors),
    };
    if (chosen.accent && !chosen.on_accent) chosen.on_accent = readableOn(chosen.accent);
    if (chosen.accent && !chosen.accent_strong) chosen.accent_strong = chosen.accent;
    for (const [name, property] of Object.entries(COLORS)) set(property, chosen[name as ColorName]);
  };
  dark.onchange = paint;
  paint();
  for (const [name, [property]] of Object.entries(SIZES)) {
    const size = sizes?.[name as keyof typeof SIZES];
    set(property, size === undefined ? undefined : `${size / 16}rem`); // respects the browser's text size
  }
}

function set(property: string, value: string | undefined): void {
  const { style } = document.documentElement;
  if (value === undefined) style.removeProperty(property);
  else style.setProperty(property, value);
}

/** Returns black or white, whichever contrasts more with the colour (WCAG relative luminance). */
export function readableOn(color: string): string {
  const hex = color.slice(1);
  const parts = hex.length < 6 ? [...hex].map((digit) => digit + digit) : (hex.match(/../g) ?? []);
  const [r = 0, g = 0, b = 0] = parts.map((part) => {
    const channel = parseInt(part, 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (luminance + 0.05) ** 2 > 1.05 * 0.05 ? "#000000" : "#ffffff";
}
