/**
 * Pictures are decoded, turned upright, made smaller and compressed here, off the page's thread. Only pixels go through:
 * where and with what a photo was taken (EXIF) stays behind.
 */
import { EDGE, type Job, type Made, QUALITY, THUMB_EDGE, THUMB_QUALITY, fit } from "./shrink.ts";

async function jpeg(from: ImageBitmap | OffscreenCanvas, edge: number, quality: number): Promise<[OffscreenCanvas, Blob]> {
  const { width, height } = fit(from.width, from.height, edge);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) throw new Error("no canvas");
  // What is transparent would be black.
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(from, 0, 0, width, height);
  return [canvas, await canvas.convertToBlob({ type: "image/jpeg", quality })];
}

async function make({ id, file, thumb }: Job): Promise<Made> {
  try {
    // Browsers turn it by its EXIF orientation here.
    const picture = await createImageBitmap(file);
    try {
      if (thumb) return { id, photo: null, thumb: (await jpeg(picture, THUMB_EDGE, THUMB_QUALITY))[1] };
      const [large, photo] = await jpeg(picture, EDGE, QUALITY);
      return { id, photo, thumb: (await jpeg(large, THUMB_EDGE, THUMB_QUALITY))[1] };
    } finally {
      picture.close();
    }
  } catch {
    return { id, photo: null, thumb: null };
  }
}

// One after the other: two large pictures at once may be more than a small phone's memory.
let last: Promise<unknown> = Promise.resolve();
addEventListener("message", (e: MessageEvent<Job>) => {
  last = last.then(async () => postMessage(await make(e.data)));
});
