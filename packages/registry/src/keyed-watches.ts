import type { RegistrySession, WatchFunction } from './registry-session.ts';

/** A watch function, and the znode that it was given to a read of. */
interface KeyedWatch {
  readonly watch: WatchFunction;
  path: string;
}

/**
 * The one watch function of each key that is read. One that is forgotten is taken out of the session as well: a session
 * may outlive by months those who read by it.
 */
export class KeyedWatches {
  readonly #session: RegistrySession;
  readonly #onEvent: (key: string) => void;
  readonly #watches = new Map<string, KeyedWatch>();

  /** `onEvent` is told of each event of a key that was not forgotten. */
  constructor(session: RegistrySession, onEvent: (key: string) => void) {
    this.#session = session;
    this.#onEvent = onEvent;
  }

  /** The keys that have a function. */
  keys(): Iterable<string> {
    return this.#watches.keys();
  }

  /** The function of a key, for a read of the znode at `path`; the same one each time. */
  of(key: string, path: string): WatchFunction {
    const known = this.#watches.get(key);
    if (known !== undefined) {
      if (known.path !== path) this.#session.removeWatch(known.path, known.watch);
      known.path = path;
      return known.watch;
    }
    const watch: WatchFunction = () => {
      if (this.#watches.get(key)?.watch === watch) this.#onEvent(key);
    };
    this.#watches.set(key, { watch, path });
    return watch;
  }

  /** The key is read no more. */
  forget(key: string): void {
    const known = this.#watches.get(key);
    if (known === undefined) return;
    this.#watches.delete(key);
    this.#session.removeWatch(known.path, known.watch);
  }

  /** Nothing is read any more. */
  clear(): void {
    for (const key of [...this.#watches.keys()]) this.forget(key);
  }
}
