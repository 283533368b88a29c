/** Characters that matter to the formats, and some that do not. */
const SPICE = Array.from('\n\n \t{}",=#\\0123456789.eE+-NaInf_:x').concat([
  '# {a="b"} 1',
  '# EOF\n',
  '\u0000',
  '\u00e9',
  '\u00ff',
  ' 5',
  '# TYPE a counter\n',
]);

/**
 * A few random changes to a body: digits replaced (as a scrape would), bytes replaced, inserted, deleted, ranges and lines copied
 * elsewhere, the end cut off.
 */
export function mutate(body: Uint8Array, random: () => number): Uint8Array {
  let bytes = Buffer.from(body);
  const times = 1 + Math.floor(random() * 4);
  const place = (): number => Math.floor(random() * (bytes.length + 1));
  for (let i = 0; i < times; i++) {
    const at = place();
    const spice = Buffer.from(SPICE[Math.floor(random() * SPICE.length)] ?? '', random() < 0.5 ? 'utf8' : 'latin1');
    switch (Math.floor(random() * 9)) {
      case 0:
      case 1:
      case 2:
        replaceDigit(bytes, at, random);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), spice, bytes.subarray(at)]);
        break;
      case 4:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          bytes.subarray(Math.min(bytes.length, at + 1 + Math.floor(random() * 3))),
        ]);
        break;
      case 5:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          spice,
          bytes.subarray(Math.min(bytes.length, at + spice.length)),
        ]);
        break;
      case 6: {
        const [from, to] = [place(), place()].sort((a, b) => a - b) as [number, number];
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          bytes.subarray(from, Math.min(to, from + 200)),
          bytes.subarray(at),
        ]);
        break;
      }
      case 7: {
        const lines = bytes.toString('latin1').split('\n');
        const line = Math.floor(random() * lines.length);
        if (random() < 0.5) lines.splice(line, 1);
        else lines.splice(Math.floor(random() * lines.length), 0, lines[line] ?? '');
        bytes = Buffer.from(lines.join('\n'), 'latin1');
        break;
      }
      default:
        if (random() < 0.3) bytes = bytes.subarray(0, at);
        break;
    }
  }
  return new Uint8Array(bytes);
}

function replaceDigit(bytes: Buffer, from: number, random: () => number): void {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 48 || byte > 57) continue;
    bytes[at] = 48 + Math.floor(random() * 10);
    return;
  }
}
