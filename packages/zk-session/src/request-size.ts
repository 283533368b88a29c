import type { AclEntry } from './acl.ts';
import { ZkError } from './errors.ts';

// Request header, the lengths and flags around path, data and ACL entries: generous, since what it guards
// against is a connection closed without a word.
const HEADER_BYTES = 32;
const BYTES_PER_ACL_ENTRY = 128;
/** Above any ACL that this package makes; what a caller gives is counted. */
const DEFAULT_ACL_ENTRIES = 2;

/** One thing that a request carries. */
export interface SizedPart {
  readonly serverPath: string;
  readonly data?: Uint8Array | undefined;
  readonly acl?: readonly AclEntry[] | undefined;
}

/** An upper bound of the bytes that a request with these parts takes on the wire. */
export function requestBytes(parts: readonly SizedPart[]): number {
  return parts.reduce((sum, part) => {
    const aclBytes = (part.acl?.length ?? DEFAULT_ACL_ENTRIES) * BYTES_PER_ACL_ENTRY;
    return sum + HEADER_BYTES + Buffer.byteLength(part.serverPath) + (part.data?.byteLength ?? 0) + aclBytes;
  }, HEADER_BYTES);
}

/**
 * Refuses what the server would answer by closing the connection, again at every repetition.
 *
 * @throws {@link ZkError} `DataTooLarge`, with both sizes.
 */
export function assertRequestFits(parts: readonly SizedPart[], maxBytes: number, path: string): void {
  const bytes = requestBytes(parts);
  if (bytes <= maxBytes) return;
  throw new ZkError('DataTooLarge', `a request of ${bytes} bytes on ${path} exceeds the limit of ${maxBytes}`, {
    path,
  });
}
