import { once } from 'node:events';
import { createInterface } from 'node:readline';

import type { TextSink } from './output.ts';

/**
 * Asks a question on standard error and reads the answer from standard input; Enter and anything that begins with `y` are
 * a yes, the end of the input is a no.
 *
 * @throws the reason of the signal
 */
export async function askYesNo(
  question: string,
  sink: TextSink,
  signal: AbortSignal,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<boolean> {
  sink.write(`${question} [Y/n] `);
  // Not a terminal for readline: Ctrl-C then stays the signal that it is.
  const lines = createInterface({ input, terminal: false, signal });
  try {
    const [answer] = (await Promise.race([
      once(lines, 'line', { signal }),
      once(lines, 'close', { signal }).then(() => ['n']),
    ])) as [string];
    return /^\s*(?:$|y)/i.test(answer);
  } finally {
    lines.close();
  }
}
