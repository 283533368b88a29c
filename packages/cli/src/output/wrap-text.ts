import { displayWidth } from './display-width.ts';

/**
 * Breaks a text into lines of at most `width` columns, at blanks; a word that is longer by itself is broken where the line
 * ends. The first line of an empty text is empty. `O(length)` for ordinary words.
 */
export function wrapText(text: string, width: number): string[] {
  if (displayWidth(text) <= width) {
    return [text];
  }
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') {
      lines.push(line);
    }
    const pieces = breakWord(word, width);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  return [...lines, line];
}

function breakWord(word: string, width: number): string[] {
  const pieces = [''];
  for (const character of word) {
    const longer = `${pieces.at(-1) ?? ''}${character}`;
    if (displayWidth(longer) > width && longer !== character) {
      pieces.push(character);
    } else {
      pieces[pieces.length - 1] = longer;
    }
  }
  return pieces;
}
