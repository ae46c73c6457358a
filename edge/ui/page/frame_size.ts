const SHORT_SIDE = 480; // px: a face that fills the oval is then over 200 px wide, in any aspect

/** Size of the sent picture: the camera's aspect, short side at most 480 px, never enlarged, sides even (video codecs want that). */
export function frameSize(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, SHORT_SIDE / Math.min(width, height));
  const even = (side: number) => Math.max(2, Math.round((side * scale) / 2) * 2);
  return { width: even(width), height: even(height) };
}
