/** Paints a text for the terminal, or leaves it as it is. */
export type Paint = (text: string) => string;

/** The few colours that the CLI uses, named by what they say. */
export interface Palette {
  readonly good: Paint;
  readonly bad: Paint;
  readonly warning: Paint;
  readonly dim: Paint;
  readonly bold: Paint;
}

const plain: Paint = (text) => text;

/** A palette that paints nothing. */
export const PLAIN_PALETTE: Palette = { good: plain, bad: plain, warning: plain, dim: plain, bold: plain };

/** The sixteen-colour palette; it follows the user's own terminal theme. */
export const COLOUR_PALETTE: Palette = {
  good: sgr(32, 39),
  bad: sgr(31, 39),
  warning: sgr(33, 39),
  dim: sgr(2, 22),
  bold: sgr(1, 22),
};

/**
 * Decides whether output is coloured: only on a terminal, and never when `NO_COLOR` is set to anything but the empty
 * string (https://no-color.org), when `TERM` is `dumb`, or with `--no-color`.
 */
export function choosePalette(input: {
  readonly isTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `--no-color` leaves: false when it was given. */
  readonly isColourWanted: boolean;
}): Palette {
  const { env } = input;
  const isForbidden = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb' || !input.isColourWanted;
  return input.isTerminal && !isForbidden ? COLOUR_PALETTE : PLAIN_PALETTE;
}

function sgr(open: number, close: number): Paint {
  return (text) => (text === '' ? text : `\u001b[${open}m${text}\u001b[${close}m`);
}
