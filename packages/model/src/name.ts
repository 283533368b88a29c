import { InvalidNameError } from './errors.ts';
import { hasUnsafeCharacter, showValue } from './show-value.ts';

/** Longest name, in UTF-16 code units. */
export const MAX_NAME_LENGTH = 200;
/** UTF-16 code units that ZooKeeper refuses in a path beyond the control characters: surrogates, private use, specials. */
export const REFUSED_BY_ZOOKEEPER = /[\ud800-\uf8ff\ufff0-\uffff]/;

/**
 * Says in words why a text cannot name a service, an instance or a collector; `undefined` when it can.
 *
 * A name is a znode's name: 1 to 200 UTF-16 code units, without `/`, control characters, surrounding white space or
 * anything that ZooKeeper refuses in a path; not `.`, `..` or `zookeeper`.
 */
export function explainInvalidName(name: string): string | undefined {
  if (name.length === 0) {
    return 'a name must not be empty';
  }
  if (name.length > MAX_NAME_LENGTH) {
    return `a name must not be longer than ${MAX_NAME_LENGTH} characters, got ${name.length}`;
  }
  if (name === '.' || name === '..' || name === 'zookeeper') {
    return `the name ${showValue(name)} is reserved by ZooKeeper`;
  }
  if (name.includes('/')) {
    return `a name must not contain "/", got ${showValue(name)}`;
  }
  if (hasUnsafeCharacter(name) || REFUSED_BY_ZOOKEEPER.test(name)) {
    return `a name must not contain control characters or what ZooKeeper refuses in a path, got ${showValue(name)}`;
  }
  if (name.trim() !== name) {
    return `a name must not begin or end with white space, got ${showValue(name)}`;
  }
  return undefined;
}

/** Whether a text can name a service, an instance or a collector. {@link explainInvalidName} says why not. */
export function isValidName(name: string): boolean {
  return explainInvalidName(name) === undefined;
}

/**
 * Returns the name, or throws.
 *
 * @throws {@link InvalidNameError} with the kind (`service`, `instance`, `collector`) and the reason in its message.
 */
export function checkName(kind: string, name: string): string {
  const reason = explainInvalidName(name);
  if (reason !== undefined) {
    throw new InvalidNameError(kind, `${kind}: ${reason}`);
  }
  return name;
}
