import { createHash } from 'node:crypto';

/** A Lua script, called by its digest and sent whole only where a server does not know it. */
export interface Script {
  readonly name: string;
  readonly source: string;
  readonly sha1: string;
}

export function defineScript(name: string, source: string): Script {
  const text = `-- pulsekeeper ${name}\n${source.trim()}`;
  return { name, source: text, sha1: createHash('sha1').update(text).digest('hex') };
}
