import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/**
 * How a registrant recognises a znode that a former run of itself left behind.
 *
 * A key is `<host>/<pid>/<nonce>`, readable on purpose: it is what an operator sees as the owner of a name. It holds no
 * secret and proves nothing; it only tells a restart from a clash of names. Keys of any other form are opaque and are
 * compared as a whole.
 */
export interface RegistrantKey {
  /** Host name that the registrant gave itself. */
  readonly host: string;
  /** Its process there. */
  readonly pid: number;
  /** Tells its registrations apart. */
  readonly nonce: string;
}

/** What the host can tell about other registrants on it. */
export interface RegistrantSurroundings {
  /** Whether a process of this pid runs on this host, in this pid namespace. */
  readonly isAlive: (pid: number) => boolean;
  /** Pid of this process. */
  readonly pid: number;
  /** Whether a registration with this key is at work within this process. */
  readonly isHeldHere: (key: string) => boolean;
}

const KEY_PATTERN = /^([^/]+)\/(\d{1,10})\/([0-9a-zA-Z]+)$/;

/** Makes a fresh key for a registration of this process. Characters of `host` beyond letters, digits and `._:-` become `_`; it is cut at 80. */
export function createRegistrantKey(host: string = hostname()): string {
  const safeHost = host.replaceAll(/[^\w.:-]/g, '_').slice(0, 80);
  return `${safeHost === '' ? 'localhost' : safeHost}/${process.pid}/${randomBytes(6).toString('hex')}`;
}

/** Takes a key apart, or `undefined` when it is opaque. */
export function parseRegistrantKey(key: string): RegistrantKey | undefined {
  const match = KEY_PATTERN.exec(key);
  const [, host, pid, nonce] = match ?? [];
  if (host === undefined || pid === undefined || nonce === undefined) return undefined;
  return { host, pid: Number(pid), nonce };
}

/**
 * Whether a standing znode with `standing` was left behind by a former run of the registrant with `own`.
 *
 * Equal keys: yes, unless this process holds the other one just now. Structured keys: yes when the host is the same
 * and that process no longer runs, or it has our own pid (a container starts with the same pid each time) and no
 * registration of this process holds it. Everything else belongs to somebody else.
 */
export function isPredecessor(standing: string | undefined, own: string, around: RegistrantSurroundings): boolean {
  if (standing === undefined) return false;
  if (standing === own) return true;
  const [theirs, ours] = [parseRegistrantKey(standing), parseRegistrantKey(own)];
  if (theirs === undefined || theirs.host !== ours?.host) return false;
  if (theirs.pid === around.pid) return !around.isHeldHere(standing);
  return !around.isAlive(theirs.pid);
}

const heldKeys = new Map<string, number>();

/** Notes that a registration of this process holds a key; the returned function lets go of it, once. */
export function holdRegistrantKey(key: string): () => void {
  heldKeys.set(key, (heldKeys.get(key) ?? 0) + 1);
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    const count = (heldKeys.get(key) ?? 1) - 1;
    if (count === 0) heldKeys.delete(key);
    else heldKeys.set(key, count);
  };
}

/** The surroundings of this process, asked of the operating system. */
export const processSurroundings: RegistrantSurroundings = {
  pid: process.pid,
  isHeldHere: (key) => heldKeys.has(key),
  isAlive: (pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      // EPERM: it runs, but under another user.
      return error instanceof Error && 'code' in error && error.code === 'EPERM';
    }
  },
};
