export interface Size {
  width: number;
  height: number;
}

const SHORT_SIDE = 480; // px: a face that fills the oval is then over 200 px wide, in any aspect

/**
 * Returns the size of the picture to send: in the camera's aspect ratio, never enlarged, with even sides (which video codecs
 * require). Without a limit the short side is at most 480 px; a limit applies in the orientation of the picture.
 */
export function frameSize({ width, height }: Size, limit?: Partial<Size>): Size {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const given = [limit?.width, limit?.height].filter((side) => side !== undefined);
  const scale =
    given.length === 0
      ? Math.min(1, SHORT_SIDE / short)
      : given.length === 1
        ? Math.min(1, given[0]! / (limit?.width === undefined ? height : width))
        : Math.min(1, Math.min(...given) / short, Math.max(...given) / long);
  const even = (side: number) => Math.max(2, Math.round((side * scale) / 2) * 2);
  return { width: even(width), height: even(height) };
}
