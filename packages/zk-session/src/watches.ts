import type { SessionLogger } from './session-logger.ts';

/** What happened to a watched znode, by ZooKeeper's names. */
export type WatchEventType = 'NodeCreated' | 'NodeDeleted' | 'NodeDataChanged' | 'NodeChildrenChanged';

/** A hint that something changed: read again to learn what. */
export interface WatchEvent {
  /** What happened, as far as one event tells: later changes make no further one. */
  readonly type: WatchEventType;
  /** Relative to the chroot. */
  readonly path: string;
}

/** Called at most once for each read that it was given to. */
export type WatchCallback = (event: WatchEvent) => void;

/** Which read left the watch: of data, of the list of children, or of a node that is not there. */
export type WatchKind = 'data' | 'children' | 'existence';

const EVENT_TYPES: Readonly<Record<number, WatchEventType>> = {
  1: 'NodeCreated',
  2: 'NodeDeleted',
  3: 'NodeDataChanged',
  4: 'NodeChildrenChanged',
};

const KINDS_TOLD: Readonly<Record<WatchEventType, readonly WatchKind[]>> = {
  NodeCreated: ['data', 'existence'],
  NodeDeleted: ['data', 'children', 'existence'],
  NodeDataChanged: ['data', 'existence'],
  NodeChildrenChanged: ['children'],
};

/** ZooKeeper's name for a notification's type on the wire; undefined for one that is no znode's. */
export function watchEventType(wireType: number): WatchEventType | undefined {
  return EVENT_TYPES[wireType];
}

/**
 * The one-shot watches that stand on the present link.
 *
 * They replace the library's own, which cannot be removed, fire once per closure, and are sent to the server
 * in one packet at a reconnect (25,000 of them exceed what it takes, for ever). Servers forget the watches of
 * a link that broke, and so does this: after a reconnect everything is read again.
 * Costs a map entry and a small array for each watched path.
 */
export class Watches {
  readonly #logger: SessionLogger;
  readonly #callbacks: Readonly<Record<WatchKind, Map<string, WatchCallback[]>>> = {
    data: new Map(),
    children: new Map(),
    existence: new Map(),
  };

  constructor(logger: SessionLogger) {
    this.#logger = logger;
  }

  /** Number of watched paths, counted once for each kind. */
  get size(): number {
    return this.#callbacks.data.size + this.#callbacks.children.size + this.#callbacks.existence.size;
  }

  /** Remembers `callback` for the next event; the same function twice for one path counts once. */
  add(kind: WatchKind, path: string, callback: WatchCallback): void {
    const callbacks = this.#callbacks[kind].get(path);
    if (callbacks === undefined) this.#callbacks[kind].set(path, [callback]);
    else if (!callbacks.includes(callback)) callbacks.push(callback);
  }

  /** Forgets `callback` for the path. The server's watch stands, and its event will tell nobody. */
  remove(path: string, callback: WatchCallback): void {
    for (const callbacksByPath of Object.values(this.#callbacks)) {
      const rest = callbacksByPath.get(path)?.filter((other) => other !== callback);
      if (rest === undefined) continue;
      if (rest.length === 0) callbacksByPath.delete(path);
      else callbacksByPath.set(path, rest);
    }
  }

  /** Calls each function that waits for this event once, and forgets it. What one throws is logged. */
  dispatch(event: WatchEvent): void {
    const told = new Set<WatchCallback>();
    for (const kind of KINDS_TOLD[event.type]) {
      for (const callback of this.#callbacks[kind].get(event.path) ?? []) told.add(callback);
      this.#callbacks[kind].delete(event.path);
    }
    for (const callback of told) {
      try {
        callback(event);
      } catch (error) {
        this.#logger.error({ err: error, path: event.path, type: event.type }, 'watch callback threw');
      }
    }
  }

  /** Forgets all of them: the link they stood on is gone. */
  clear(): void {
    for (const callbacksByPath of Object.values(this.#callbacks)) callbacksByPath.clear();
  }
}
