/** What a `/metrics` page says: values by series as written, and sums by metric name. */
export type MetricsPage = ReadonlyMap<string, number>;

/** Fetches and reads a page of the text format, the plain way. */
export async function readMetrics(url: string): Promise<MetricsPage> {
  return parseMetrics(await (await fetch(url)).text());
}

/** Reads a page of the text format. */
export function parseMetrics(text: string): MetricsPage {
  const page = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const keyEnd = line.includes('} ') ? line.indexOf('} ') + 1 : line.indexOf(' ');
    const key = line.slice(0, keyEnd);
    const value = Number(line.slice(keyEnd + 1).split(' ')[0]);
    const name = key.split('{')[0] ?? key;
    page.set(key, value);
    if (name !== key) page.set(name, (page.get(name) ?? 0) + value);
  }
  return page;
}
