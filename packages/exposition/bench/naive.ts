/** The usual short way: lines, the last blank, `Number`. It checks nothing and keeps names as strings. */
export function naiveParse(body: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of body.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const blank = line.lastIndexOf(' ');
    values.set(line.slice(0, blank), Number(line.slice(blank + 1)));
  }
  return values;
}
