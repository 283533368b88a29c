import { setImmediate as nextTurn } from 'node:timers/promises';
import { assertNever } from '@pulsekeeper/model';
import { mapBounded } from './bounded-map.ts';
import { DirectoryDraft } from './directory-draft.ts';
import {
  keyOfCollector,
  keysOfService,
  parseDirectoryKey,
  type DirectoryKey,
  type DirectoryState,
} from './directory-state.ts';
import { codeOf, isRetryable, messageOf } from './errors.ts';
import { listZnode, readZnode, type ReadZnodeOptions } from './read-znode.ts';
import type { RegistrySession, WatchFunction } from './registry-session.ts';
import { ZNODES } from './znode-path.ts';

/** What a {@link DirectoryReader} works with. */
export interface DirectoryReaderOptions {
  readonly session: RegistrySession;
  /** Reads under way at a time. */
  readonly concurrency: number;
  /** The one watch function of a key, for a read of the znode at `path`; `undefined` when nothing is watched. */
  readonly watchOf: (key: string, path: string) => WatchFunction | undefined;
}

/** Names that take some milliseconds to deal with. */
const MANY_NAMES = 1_000;

/**
 * Reads parts of a directory and gives the state that they make together with what was known before. All or nothing:
 * when the session fails in the middle it throws, and the caller still has the old state.
 */
export class DirectoryReader {
  readonly #options: DirectoryReaderOptions;

  constructor(options: DirectoryReaderOptions) {
    this.#options = options;
  }

  /** Reads the keys, and what the lists among them newly name. */
  async read(keys: readonly string[], before: DirectoryState, signal?: AbortSignal): Promise<DirectoryState> {
    const { session, concurrency } = this.#options;
    const draft = new DirectoryDraft(before);
    const wanted = new Set(keys);
    if (wanted.delete('services')) {
      const list = await listZnode(session, ZNODES.services, this.#readOptions('services', ZNODES.services, signal));
      for (const service of draft.takeServices(list)) keysOfService(service).forEach((key) => wanted.add(key));
    }
    if (wanted.delete('collectors')) {
      const options = this.#readOptions('collectors', ZNODES.collectors, signal);
      const list = await listZnode(session, ZNODES.collectors, options);
      for (const collector of draft.takeCollectors(list)) wanted.add(keyOfCollector(collector));
    }
    // A rule says where the instances are: it is read before they are listed.
    const isList = (key: string): boolean => parseDirectoryKey(key).kind === 'instances';
    const lists = new Set([...wanted].filter(isList));
    const others = [...wanted].filter((key) => !isList(key));
    await mapBounded(others, concurrency, (key) => this.#readInto(draft, key, signal));
    for (const service of draft.servicesElsewhere()) lists.add(keysOfService(service)[0]);
    await mapBounded(lists, concurrency, (key) => this.#readInto(draft, key, signal));
    return draft.finish();
  }

  async #readInto(draft: DirectoryDraft, text: string, signal: AbortSignal | undefined): Promise<void> {
    const key = parseDirectoryKey(text);
    const path = (key.kind === 'instances' ? draft.sourceOf(key.name)?.path : undefined) ?? pathOf(key);
    try {
      await this.#readKey(draft, key, path, this.#readOptions(text, path, signal));
    } catch (error) {
      // What the server refuses for this znode alone (no permission, say) harms no other.
      if (isRetryable(error) || codeOf(error) === 'Closed' || signal?.aborted === true) throw error;
      // A list that is refused is noted under a name that the next list clears away.
      draft.takeRefusal(key.kind === 'instances' ? `${path}/*` : path, `cannot be read: ${messageOf(error)}`);
    }
  }

  async #readKey(draft: DirectoryDraft, key: DirectoryKey, path: string, options: ReadZnodeOptions): Promise<void> {
    const { session } = this.#options;
    switch (key.kind) {
      case 'defaults': {
        draft.takeDefaults(await readZnode(session, path, options));
        return;
      }
      case 'instances': {
        const source = draft.sourceOf(key.name);
        if (source !== undefined) {
          // Nothing else tells when a foreign tree appears.
          draft.takeForeignInstances(key.name, source, await listZnode(session, path, options));
          return;
        }
        const list = await unlessGone(session.getChildren(path, options));
        // Sorting thousands of names takes as long as to read them: a turn of the event loop for each.
        if ((list?.children.length ?? 0) > MANY_NAMES) await nextTurn();
        draft.takeInstances(key.name, list);
        return;
      }
      case 'rule': {
        draft.takeRule(key.name, await unlessGone(session.getData(path, options)));
        return;
      }
      case 'collector': {
        draft.takeCollector(key.name, await unlessGone(session.getData(path, options)));
        return;
      }
      case 'services':
      case 'collectors':
        return;
      default:
        return assertNever(key);
    }
  }

  #readOptions(key: string, path: string, signal: AbortSignal | undefined): ReadZnodeOptions {
    return { watch: this.#options.watchOf(key, path), signal };
  }
}

/** A child that went since it was listed needs no watch of its own: its parent's list tells when it comes back. */
async function unlessGone<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (codeOf(error) === 'NoNode') return undefined;
    throw error;
  }
}

function pathOf(key: DirectoryKey): string {
  switch (key.kind) {
    case 'services':
    case 'collectors':
    case 'defaults':
      return ZNODES[key.kind];
    case 'instances':
    case 'rule':
      return ZNODES.servicePath(key.name);
    case 'collector':
      return ZNODES.collectorPath(key.name);
    default:
      return assertNever(key);
  }
}
