/** Sets styles one by one, which a policy without inline styles allows. */
export function style<T extends ElementCSSInlineStyle>(node: T, styles: Record<string, string>): T {
  for (const [name, value] of Object.entries(styles)) node.style.setProperty(name, value);
  return node;
}

/** Marks the element that holds the picture; `data-selene-mode` says how it is shown. */
export const STAGE = "data-selene-mode";
