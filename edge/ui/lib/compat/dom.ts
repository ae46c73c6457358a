/** Sets styles one by one, which a content security policy without inline styles allows. */
export function style<T extends ElementCSSInlineStyle>(node: T, styles: Record<string, string>): T {
  for (const [name, value] of Object.entries(styles)) node.style.setProperty(name, value);
  return node;
}

/** The attribute of the element with the picture; its value is the mode. */
export const STAGE = "data-selene-mode";
