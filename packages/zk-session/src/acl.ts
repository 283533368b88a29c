import { createLibraryAcl } from './client-library.ts';
import type { LibraryAcl, LibraryAclRecord, StatRecord } from './client-library-types.ts';
import type { SendRequest } from './connection.ts';

const PERMISSION_BITS = { read: 1, write: 2, create: 4, delete: 8, admin: 16 } as const;
const ALL = 31;

/** What a znode's ACL can allow. */
export type AclPermission = keyof typeof PERMISSION_BITS;

/** One entry of a znode's access control list. */
export interface AclEntry {
  /** `world`, `auth`, `digest`, `ip`, `x509`. */
  readonly scheme: string;
  /** `anyone` for `world`, empty for `auth`, `user:base64(sha1(user:password))` for `digest`. */
  readonly id: string;
  /** What it allows; `all` is all five. */
  readonly permissions: 'all' | readonly AclPermission[];
}

/**
 * Who may do what with the znodes that a session makes.
 *
 * - `open`: everybody everything, ZooKeeper's own default.
 * - `creator-all`: only who has authenticated like this session.
 * - `creator-all-world-read`: the same, and everybody may read. Lets the CLI look on without a password.
 */
export type AclOption = 'open' | 'creator-all' | 'creator-all-world-read' | readonly AclEntry[];

const ANYONE = { scheme: 'world', id: 'anyone' } as const;
const CREATOR: AclEntry = { scheme: 'auth', id: '', permissions: 'all' };

/** True when the servers need to know who is asking before they take such a list. */
export function needsAuthentication(acl: AclOption): boolean {
  return aclEntries(acl).some((entry) => entry.scheme === 'auth');
}

/**
 * The list in the client library's form.
 *
 * @throws RangeError for a list without entries, or an entry without permissions.
 */
export function toLibraryAcls(acl: AclOption): LibraryAcl[] {
  const entries = aclEntries(acl);
  if (entries.length === 0) throw new RangeError('an access control list needs at least one entry');
  return entries.map((entry) => createLibraryAcl(permissionBits(entry), entry.scheme, entry.id));
}

/**
 * The request for a node's list. It goes past a fault of the library, which throws in its data handler when an entry
 * allows nothing.
 */
export function aclRequest(serverPath: string): SendRequest<[LibraryAclRecord[], StatRecord]> {
  return (client, callback) => {
    const queue = (request: unknown): void => {
      client.connectionManager.queue<{ acl: LibraryAclRecord[]; stat: StatRecord }>(request, (error, response) => {
        if (error) Reflect.apply(callback, undefined, [error]);
        else callback(undefined, response.payload.acl, response.payload.stat);
      });
    };
    client.getACL.call({ options: { retries: 0 }, connectionManager: { queue } }, serverPath, () => undefined);
  };
}

/** Reads a list that came from the server. */
export function toAclEntries(records: readonly LibraryAclRecord[]): AclEntry[] {
  return records.map(({ perms, id }) => ({ scheme: id.scheme, id: id.id, permissions: toPermissions(perms) }));
}

function toPermissions(bits: number): AclEntry['permissions'] {
  if (bits === ALL) return 'all';
  const names = Object.keys(PERMISSION_BITS) as AclPermission[];
  return names.filter((name) => (bits & PERMISSION_BITS[name]) !== 0);
}

function aclEntries(acl: AclOption): readonly AclEntry[] {
  switch (acl) {
    case 'open':
      return [{ ...ANYONE, permissions: 'all' }];
    case 'creator-all':
      return [CREATOR];
    case 'creator-all-world-read':
      return [CREATOR, { ...ANYONE, permissions: ['read'] }];
    default:
      return acl;
  }
}

function permissionBits(entry: AclEntry): number {
  if (entry.permissions === 'all') return ALL;
  const bits = entry.permissions.reduce((sum, permission) => sum | PERMISSION_BITS[permission], 0);
  if (bits === 0) throw new RangeError(`ACL entry ${entry.scheme}:${entry.id} has no permissions`);
  return bits;
}
