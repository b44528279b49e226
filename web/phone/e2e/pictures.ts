/** Pictures for the tests, painted in the browser: large, turned by EXIF, with the place where they were taken. */
import type { Page } from "playwright-core";

/** Words in the EXIF part that must not reach anybody. */
export const PLACE = "TAKEN AT 31.2304N 121.4737E";

/** What `setInputFiles` takes. */
export interface FilePayload {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** A noisy picture, red on its left half and blue on its right; noise does not compress, so it has some size. */
async function painted(page: Page, width: number, height: number, type: string, noise: number, seed = 1): Promise<Buffer> {
  const base64 = await page.evaluate(
    async ([w, h, kind, grain, first]) => {
      const canvas = new OffscreenCanvas(w, h);
      const context = canvas.getContext("2d");
      if (context === null) throw new Error("no canvas");
      const pixels = context.createImageData(w, h);
      let seed = first;
      for (let i = 0; i < pixels.data.length; i += 4) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        const left = (i / 4) % w < w / 2;
        pixels.data.set([left ? 220 : 20, ((seed >>> 24) * grain) / 255, left ? 20 : 220, 255], i);
      }
      context.putImageData(pixels, 0, 0);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: kind, quality: 0.95 })).arrayBuffer());
      let text = "";
      for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
      return btoa(text);
    },
    [width, height, type, noise, seed] as const,
  );
  return Buffer.from(base64, "base64");
}

/** An APP1 segment: to be turned clockwise by a right angle (orientation 6), and a description with a place. */
function exif(): Buffer {
  const words = Buffer.from(`${PLACE}\0`, "latin1");
  const tiff = Buffer.alloc(8 + 2 + 2 * 12 + 4);
  tiff.write("II*\0", 0, "latin1");
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(2, 8);
  const entry = (at: number, tag: number, type: number, count: number, value: number) => {
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(type, at + 2);
    tiff.writeUInt32LE(count, at + 4);
    tiff.writeUInt32LE(value, at + 8);
  };
  entry(10, 0x010e, 2, words.length, tiff.length);
  entry(22, 0x0112, 3, 1, 6);
  const body = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff, words]);
  const head = Buffer.alloc(4);
  head.writeUInt16BE(0xffe1, 0);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

/** A JPEG of a camera that was held upright: 3000 × 2000 as stored, 2000 × 3000 as meant, red above and blue below. */
export async function upright(page: Page, name: string, seed = 1): Promise<FilePayload> {
  const jpeg = await painted(page, 3000, 2000, "image/jpeg", 255, seed);
  return { name, mimeType: "image/jpeg", buffer: Buffer.concat([jpeg.subarray(0, 2), exif(), jpeg.subarray(2)]) };
}

/** A PNG. */
export async function png(page: Page, name: string, width = 640, height = 480): Promise<FilePayload> {
  return { name, mimeType: "image/png", buffer: await painted(page, width, height, "image/png", 0) };
}

/** Something that says that it is a picture. */
export function noPicture(name: string): FilePayload {
  return { name, mimeType: "image/jpeg", buffer: Buffer.from("no picture at all") };
}

/** What engineers photograph, painted: a receipt, an error on a screen, a seal. */
export async function scene(page: Page, what: "receipt" | "screen" | "seal", name: string): Promise<FilePayload> {
  const base64 = await page.evaluate(async (kind) => {
    const canvas = new OffscreenCanvas(900, 1200);
    const c = canvas.getContext("2d");
    if (c === null) throw new Error("no canvas");
    const text = (words: string, x: number, y: number, size: number, colour: string) => {
      c.fillStyle = colour;
      c.font = `${size}px sans-serif`;
      c.fillText(words, x, y);
    };
    c.fillStyle = kind === "screen" ? "#20262b" : "#8a7b66";
    c.fillRect(0, 0, 900, 1200);
    if (kind === "receipt") {
      c.fillStyle = "#fbf8ef";
      c.fillRect(190, 90, 520, 1020);
      ["江城市出租汽车发票", "车号 江A·T2046", "日期 2026-11-23", "上车 23:52", "下车 00:31", "里程 28.4 km", "金额 86.50 元"].forEach(
        (line, i) => text(line, 240, 220 + i * 115, 46, "#2b2b2b"),
      );
    } else if (kind === "screen") {
      c.fillStyle = "#0b3d91";
      c.fillRect(60, 200, 780, 700);
      ["ORA-12514", "TNS:listener does not", "currently know of service", "requested in connect", "descriptor"].forEach((line, i) =>
        text(line, 110, 330 + i * 110, 54, "#ffffff"),
      );
    } else {
      c.fillStyle = "#fbf8ef";
      c.fillRect(80, 120, 740, 960);
      text("验收确认", 330, 300, 60, "#2b2b2b");
      c.strokeStyle = "#c1272d";
      c.lineWidth = 16;
      c.beginPath();
      c.arc(450, 690, 220, 0, 2 * Math.PI);
      c.stroke();
      text("★", 400, 735, 100, "#c1272d");
      text("江城市第一人民医院", 268, 600, 42, "#c1272d");
      text("信息科", 385, 840, 46, "#c1272d");
    }
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
    let out = "";
    for (let at = 0; at < bytes.length; at += 32_768) out += String.fromCharCode(...bytes.subarray(at, at + 32_768));
    return btoa(out);
  }, what);
  return { name, mimeType: "image/png", buffer: Buffer.from(base64, "base64") };
}
