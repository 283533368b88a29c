import { ZkError } from './errors.ts';

// What ZooKeeper's own PathUtils refuses inside a name: it answers BadArguments, after a round trip.
// eslint-disable-next-line no-control-regex -- control characters are just what is looked for
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;

/** Why `path` is not a znode path, or undefined when it is one. */
export function explainInvalidPath(path: string): string | undefined {
  if (!path.startsWith('/')) return 'must start with /';
  if (path === '/') return undefined;
  if (path.endsWith('/')) return 'must not end with /';
  for (const name of path.slice(1).split('/')) {
    if (name === '') return 'must not contain an empty name';
    if (name === '.' || name === '..') return 'must not contain . or .. as a name';
  }
  return FORBIDDEN.test(path) ? 'must not contain control, surrogate (emoji) or private characters' : undefined;
}

/**
 * The path on the server for one relative to the chroot (`''` for none).
 *
 * @throws {@link ZkError} `BadArguments` when the path is not valid.
 */
export function toServerPath(chroot: string, path: string): string {
  const reason = explainInvalidPath(path);
  if (reason !== undefined) throw new ZkError('BadArguments', `znode path ${JSON.stringify(path)} ${reason}`, { path });
  return path === '/' ? chroot || '/' : chroot + path;
}

/** The inverse of {@link toServerPath}, for paths that the server sends. */
export function fromServerPath(chroot: string, serverPath: string): string {
  if (chroot === '') return serverPath;
  return serverPath === chroot ? '/' : serverPath.slice(chroot.length);
}

/** The path of the parent; undefined for the root. */
export function parentPath(path: string): string | undefined {
  if (path === '/') return undefined;
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
