const PLAIN = /^[\u0020-\u007e]*$/;
const ZERO_WIDTH = /^[\p{Mark}\p{Cf}]+$/u;
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u;

// The blocks that Unicode's East Asian Width calls wide or full-width, merged; emoji are recognised by property.
const WIDE_RANGES: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];

/** How many terminal columns a text takes. ASCII is the fast path; `O(length)`. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) {
    return text.length;
  }
  let width = 0;
  for (const grapheme of graphemesOf(text)) {
    width += graphemeWidth(grapheme);
  }
  return width;
}

/**
 * Cuts a text to at most `width` columns, with an ellipsis where something was left out.
 *
 * @param from - `end` keeps the beginning (messages), `middle` keeps both ends (names whose tail tells them apart)
 */
export function cutToWidth(text: string, width: number, from: 'end' | 'middle' = 'end'): string {
  if (displayWidth(text) <= width) {
    return text;
  }
  if (width <= 1) {
    return width === 1 ? '…' : '';
  }
  if (PLAIN.test(text)) {
    const tailLength = from === 'middle' ? Math.floor((width - 1) / 2) : 0;
    return `${text.slice(0, width - 1 - tailLength)}…${tailLength === 0 ? '' : text.slice(-tailLength)}`;
  }
  const graphemes = graphemesOf(text);
  const tailWidth = from === 'middle' ? Math.floor((width - 1) / 2) : 0;
  const tail = takeWidth(graphemes.toReversed(), tailWidth).reverse();
  const head = takeWidth(graphemes, width - 1 - tailWidth);
  return `${head.join('')}…${tail.join('')}`;
}

/** Pads a text with blanks to `width` columns; a wider text stays as it is. */
export function padToWidth(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'left' ? text + blanks : blanks + text;
}

function takeWidth(graphemes: readonly string[], width: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const grapheme of graphemes) {
    used += graphemeWidth(grapheme);
    if (used > width) {
      break;
    }
    taken.push(grapheme);
  }
  return taken;
}

/** Made when the first text beyond ASCII comes: it takes 10 ms, which most answers never need. */
let segmenter: Intl.Segmenter | undefined;

function graphemesOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function graphemeWidth(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) {
    return 0;
  }
  const codePoint = grapheme.codePointAt(0) ?? 0;
  const isWide = EMOJI.test(grapheme) || WIDE_RANGES.some(([first, last]) => codePoint >= first && codePoint <= last);
  return isWide ? 2 : 1;
}
