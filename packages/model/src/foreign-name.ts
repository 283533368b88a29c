import { createHash } from 'node:crypto';
import type { ForeignSource } from './foreign-source.ts';
import { isValidName, MAX_NAME_LENGTH, REFUSED_BY_ZOOKEEPER } from './name.ts';
import { nerveNodeName } from './nerve-node.ts';
import { hasUnsafeCharacter } from './show-value.ts';

/** What stands for the rest of a name that is too long: `~` and the first 128 bits of its SHA-256 in hexadecimal. */
const DIGEST_LENGTH = 32;
const KEPT_LENGTH = 160;
/** What is escaped for the escaping's own sake. */
const ESCAPING = /[%~]/;
const MEMBER_PREFIX = 'member_';
const VECTOR_PREFIX = 'vector_';

/** What a child of a foreign tree is: an instance by a name, nothing of interest, or something that does not belong there. */
export type ForeignChild =
  | { readonly kind: 'instance'; readonly instance: string }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * What a child of a foreign tree is, by its name alone: collectors know the names of all instances, and read the data of
 * only those that they own.
 */
export function foreignChild(source: ForeignSource, node: string): ForeignChild {
  switch (source.kind) {
    case 'serverset': {
      // Weights and priorities of a load balancer, which are not instances.
      if (node.startsWith(VECTOR_PREFIX)) return { kind: 'ignored' };
      if (!node.startsWith(MEMBER_PREFIX)) {
        return { kind: 'refused', reason: 'not named member_<number>, as the members of a server set are' };
      }
      return { kind: 'instance', instance: instanceNameOfNode(node) };
    }
    case 'nerve':
      return { kind: 'instance', instance: instanceNameOfNode(nerveNodeName(node)) };
    case 'curator':
      return { kind: 'instance', instance: instanceNameOfNode(node) };
  }
}

/**
 * A valid instance name for any znode name, another one for each. Names that are valid and have neither `%` nor `~` stay as
 * they are. In the others those two, what a name must not hold, and white space at the ends are written as `%XX`, the
 * bytes of UTF-8 in hexadecimal; {@link nodeNameOfInstance} reads it back. What is longer than 200 characters then is cut
 * to 160, and `~` with 32 hexadecimal digits of the SHA-256 of the whole stands for the rest.
 */
export function instanceNameOfNode(node: string): string {
  if (isValidName(node) && !ESCAPING.test(node)) return node;
  const isReserved = node === '.' || node === '..' || node === 'zookeeper';
  const leading = node.length - node.trimStart().length;
  const trailing = node.trimEnd().length;
  let name = '';
  let index = 0;
  for (const character of node) {
    const isAtEnd = index < leading || index >= trailing;
    const isBad =
      ESCAPING.test(character) ||
      character === '/' ||
      hasUnsafeCharacter(character) ||
      REFUSED_BY_ZOOKEEPER.test(character);
    name += isBad || isAtEnd || (isReserved && index === 0) ? escapeCharacter(character) : character;
    index += character.length;
  }
  if (name.length <= MAX_NAME_LENGTH) return name;
  return `${name.slice(0, KEPT_LENGTH).trimEnd()}~${createHash('sha256').update(name).digest('hex').slice(0, DIGEST_LENGTH)}`;
}

/** The znode name behind an instance name that was not cut; `undefined` for one that was, or was never made so. */
export function nodeNameOfInstance(instance: string): string | undefined {
  if (instance.includes('~')) return undefined;
  try {
    return decodeURIComponent(instance);
  } catch {
    // Not what the escaping writes: a lone `%`, or bytes that are no UTF-8.
    return undefined;
  }
}

function escapeCharacter(character: string): string {
  const bytes = Buffer.from(character, 'utf8');
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
