/** PNG (ISO/IEC 15948) with 8 bits a channel: pictures of pages need few colours, so they get a palette. */

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Three bytes a pixel. */
  readonly rgb: Uint8Array;
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const CHANNELS: Readonly<Record<number, number>> = { 2: 3, 6: 4 };
const MOST_COLOURS = 48;

/** The same picture with fewer colours: much smaller. @param png as browsers make them */
export async function withPalette(png: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height, rgb } = await decode(png);
  const { palette, indexes } = indexed(rgb);
  const lines = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) {
    // Each line begins with its filter: none is best for indexes (12.8).
    lines.set(indexes.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 3], 8);
  const data = await through(lines, new CompressionStream("deflate"));
  const chunks = [
    ...[chunk("IHDR", header), chunk("PLTE", palette), chunk("IDAT", data)],
    chunk("IEND", new Uint8Array()),
  ];
  return await joined([Uint8Array.from(SIGNATURE), ...chunks]);
}

/** The most frequent colours, as they are, and for each other one the nearest of them. */
function indexed(rgb: Uint8Array): { palette: Uint8Array; indexes: Uint8Array } {
  const pixels = new Uint32Array(rgb.length / 3);
  for (let pixel = 0, at = 0; pixel < pixels.length; pixel++, at += 3) {
    pixels[pixel] = (rgb[at] ?? 0) << 16 | (rgb[at + 1] ?? 0) << 8 | (rgb[at + 2] ?? 0);
  }
  const counts = new Map<number, number>();
  for (const [colour, length] of runsOf(pixels)) {
    counts.set(colour, (counts.get(colour) ?? 0) + length);
  }
  const sorted = [...counts].sort(([a, x], [b, y]) => y - x || a - b).map(([colour]) => colour);
  const kept = sorted.slice(0, MOST_COLOURS);
  const places = new Map(sorted.map((colour) => [colour, kept.indexOf(nearest(colour, kept))]));
  const indexes = new Uint8Array(pixels.length);
  let at = 0;
  for (const [colour, length] of runsOf(pixels)) {
    indexes.fill(places.get(colour) ?? 0, at, at + length);
    at += length;
  }
  return { palette: Uint8Array.from(kept.flatMap(channelsOf)), indexes };
}

/** Pages have few changes of colour: each with how many pixels it holds. */
function* runsOf(pixels: Uint32Array): Generator<readonly [number, number]> {
  let start = 0;
  for (let at = 1; at <= pixels.length; at++) {
    if (at < pixels.length && pixels[at] === pixels[start]) continue;
    yield [pixels[start] ?? 0, at - start];
    start = at;
  }
}

function nearest(colour: number, kept: readonly number[]): number {
  const channels = channelsOf(colour);
  const distance = (other: number) =>
    channelsOf(other).reduce((sum, channel, i) => sum + (channel - (channels[i] ?? 0)) ** 2, 0);
  return kept.reduce((best, other) => distance(other) < distance(best) ? other : best);
}

function channelsOf(colour: number): [number, number, number] {
  return [colour >> 16, colour >> 8 & 255, colour & 255];
}

async function decode(png: Uint8Array): Promise<Picture> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const data: Uint8Array[] = [];
  let [width, height, channels] = [0, 0, 0];
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = view.getUint32(at);
    const type = new TextDecoder().decode(png.subarray(at + 4, at + 8));
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") {
      [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      channels = CHANNELS[body[9] ?? 0] ?? 0;
      if (body[8] !== 8 || channels === 0) throw new TypeError("no PNG with 8 bits a channel");
    }
    if (type === "IDAT") data.push(body);
    at += length + 12;
  }
  const bytes = await through(await joined(data), new DecompressionStream("deflate"));
  const whole = unfiltered(bytes, width * channels, height, channels);
  const rgb = channels === 3 ? whole : whole.filter((_, index) => index % 4 !== 3);
  return { width, height, rgb };
}

/** Without the lines' filters (9.2). */
function unfiltered(bytes: Uint8Array, line: number, height: number, bpp: number): Uint8Array {
  const out = new Uint8Array(line * height);
  for (let y = 0; y < height; y++) {
    const filter = bytes[y * (line + 1)] ?? 0;
    for (let x = 0; x < line; x++) {
      const at = y * line + x;
      const left = x < bpp ? 0 : out[at - bpp] ?? 0;
      const up = y === 0 ? 0 : out[at - line] ?? 0;
      const corner = x < bpp || y === 0 ? 0 : out[at - line - bpp] ?? 0;
      out[at] = (bytes[y * (line + 1) + 1 + x] ?? 0) + guess(filter, left, up, corner);
    }
  }
  return out;
}

function guess(filter: number, left: number, up: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4:
      return paeth(left, up, corner);
    default:
      return 0;
  }
}

/** Whichever of the three is nearest to left + up − corner (9.4). */
function paeth(left: number, up: number, corner: number): number {
  const a = Math.abs(up - corner);
  const b = Math.abs(left - corner);
  const c = Math.abs(left + up - 2 * corner);
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(body.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, body.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(body, 8);
  view.setUint32(body.length + 8, crc(out.subarray(4, body.length + 8)));
  return out;
}

/** CRC-32 (5.5). */
function crc(bytes: Uint8Array): number {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? sum >>> 1 ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(new Blob([bytes]).stream().pipeThrough(stream)).bytes();
}

async function joined(parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  return await new Blob(parts.map((part) => new Uint8Array(part))).bytes();
}
