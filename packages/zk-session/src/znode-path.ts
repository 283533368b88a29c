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
 * The path on the server for one relative to the chroot (`''` for none). One with two leading slashes is taken from the
 * root of the server instead: `//elsewhere/node` is `/elsewhere/node`, whatever the chroot.
 *
 * @throws {@link ZkError} `BadArguments` when the path is not valid.
 */
export function toServerPath(chroot: string, path: string): string {
  const isOfServer = path.startsWith('//');
  const ownPath = isOfServer ? path.slice(1) : path;
  const reason = explainInvalidPath(ownPath);
  if (reason !== undefined) throw new ZkError('BadArguments', `znode path ${JSON.stringify(path)} ${reason}`, { path });
  if (isOfServer) return ownPath;
  return path === '/' ? chroot || '/' : chroot + path;
}

/** The inverse of {@link toServerPath}, for paths that the server sends; one outside the chroot begins with `//`. */
export function fromServerPath(chroot: string, serverPath: string): string {
  if (chroot === '') return serverPath;
  if (serverPath === chroot) return '/';
  return serverPath.startsWith(`${chroot}/`) ? serverPath.slice(chroot.length) : `/${serverPath}`;
}

/** The one name of a node that may be named from the root of the server or from the chroot: as its events name it. */
export function canonicalPath(chroot: string, path: string): string {
  return path.startsWith('//') ? fromServerPath(chroot, toServerPath(chroot, path)) : path;
}

/** The path of the parent; undefined for the root. */
export function parentPath(path: string): string | undefined {
  if (path === '/') return undefined;
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
