/** Why a registration's data is composed. */
export type CompositionCause =
  /** The name is free and this ZooKeeper session has not registered yet. */
  | 'join'
  /** Our own former node still stands and is replaced or continued. */
  | 'takeover'
  /** The registrant asked for new data while it stands. */
  | 'update';

/** What a composer is told. */
export interface Composition {
  readonly cause: CompositionCause;
  /** Data of the node that is continued: of the standing node on a takeover, of our own on an update. */
  readonly standing: Uint8Array | undefined;
}

/** The bytes to register, or a function that makes them. It may be called several times until one result stands. */
export type RegistrationData = Uint8Array | ((composition: Composition) => Uint8Array);

/**
 * Keeps what a registration writes. Within one ZooKeeper session the same bytes are written again and again, so that
 * a create whose outcome is unknown, or a node that was deleted by hand, ends with the very same node; a new session
 * composes anew.
 */
export class RegistrationDataKeeper {
  #source: RegistrationData;
  #revision = 0;
  #standingRevision: number | undefined;
  #composed: { readonly sessionId: bigint; readonly revision: number; readonly data: Uint8Array } | undefined;

  constructor(source: RegistrationData) {
    this.#source = source;
  }

  /** Counts the updates. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether there is data that never stood yet. */
  get isPending(): boolean {
    return this.#standingRevision !== this.#revision;
  }

  /** The data of this revision stands. */
  noteStanding(revision: number): void {
    this.#standingRevision = revision;
  }

  /** Sets new data and returns its revision. */
  replace(source: RegistrationData): number {
    this.#source = source;
    this.#revision += 1;
    return this.#revision;
  }

  /** What to create where nothing stands. */
  forFreeName(sessionId: bigint): Uint8Array {
    return this.#current(sessionId) ?? this.#compose(sessionId, 'join', undefined);
  }

  /** What a node of ours, made in this session, should hold. */
  forOwnNode(sessionId: bigint, standing: Uint8Array): Uint8Array {
    return this.#current(sessionId) ?? this.#compose(sessionId, 'takeover', standing);
  }

  /** What takes the place of a node that a former session or run left behind. */
  forFormerNode(sessionId: bigint, standing: Uint8Array): Uint8Array {
    return this.#compose(sessionId, 'takeover', standing);
  }

  /** The name was lost to somebody else: whatever comes next is composed anew. */
  forget(): void {
    this.#composed = undefined;
    this.#standingRevision = undefined;
  }

  #current(sessionId: bigint): Uint8Array | undefined {
    const composed = this.#composed;
    if (composed?.sessionId !== sessionId) return undefined;
    return composed.revision === this.#revision ? composed.data : this.#compose(sessionId, 'update', composed.data);
  }

  #compose(sessionId: bigint, cause: CompositionCause, standing: Uint8Array | undefined): Uint8Array {
    const data = typeof this.#source === 'function' ? this.#source({ cause, standing }) : this.#source;
    this.#composed = { sessionId, revision: this.#revision, data };
    return data;
  }
}
