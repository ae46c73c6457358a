/** Returns the address of a settings resource for a variant; an empty tag stands for the main document. */
export const withVariant = (path: string, tag: string): string => path + (tag && `?variant=${encodeURIComponent(tag)}`);
