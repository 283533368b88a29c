/** Where `npm start` writes how its private servers are reached, relative to the current directory. */
export const LOCAL_ENV_FILE = '.pulsekeeper/env';

const KEYS_OF_INTEREST = new Set(['PULSEKEEPER_ZOOKEEPER', 'PULSEKEEPER_REDIS']);

/**
 * Reads `KEY=VALUE` lines: blank lines and `#` comments are skipped, a leading `export` and matching quotes go.
 *
 * Only the two addresses are taken: a file in the current directory must not be able to change anything else.
 */
export function parseEnvFile(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Z_][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line);
    const key = match?.[1];
    if (key !== undefined && KEYS_OF_INTEREST.has(key)) {
      values.set(key, unquote(match?.[2] ?? ''));
    }
  }
  return values;
}

function unquote(value: string): string {
  return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
}
