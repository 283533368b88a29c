import { EventEmitter } from 'node:events';
import {
  serializeInstance,
  type InstanceInput,
  type Logger,
  type Registration,
  type RegistrationState,
} from '@pulsekeeper/registry';
import { checkPatch } from './check-options.ts';
import { checkOwnScheme, type OwnServer } from './endpoint.ts';
import { holdProcess } from './hold-process.ts';
import { formatHostPort } from './host-address.ts';
import { DEFAULT_REGISTER_OPTIONS, scrapeOptionsOf, type ScrapeOptions } from './register-options.ts';

/** What may change while a service is registered. A field that is `undefined` is taken away. */
export interface ServicePatch extends ScrapeOptions {
  readonly address?: InstanceInput['address'] | undefined;
}

/** Events of a {@link RegisteredService}. */
export interface RegisteredServiceEvents {
  /** After each change of state, in order, with the state before it. */
  state: [state: RegistrationState, previous: RegistrationState];
  /** The registration stands: the first time, and each time that it was made again or confirmed after a gap. */
  registered: [];
  /** An attempt failed and is repeated in the background. */
  failed: [error: unknown, attempt: number];
  /** Closed; the reason unless that was `close()`. Comes once. */
  closed: [reason: Error | undefined];
}

/** A service that is registered, or on its way to be. Nothing here throws by itself in the background. */
export interface RegisteredService {
  readonly service: string;
  readonly instance: string;
  /** Where collectors reach the metrics, `host:port`. */
  readonly address: string;
  /** Where the registration is. */
  readonly state: RegistrationState;
  readonly events: EventEmitter<RegisteredServiceEvents>;
  /** Resolves with the reason once it is closed, with `undefined` after `close()`. */
  readonly closed: Promise<Error | undefined>;
  /** Resolves once the registration stands; at once when it does. Rejects when it is closed, or with the signal's reason. */
  whenRegistered(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Changes how the instance is scraped, in place: collectors never miss it. Resolves once it is written, which may be
   * after the next connection; meanwhile it keeps the process alive for at most 5 s. The own metrics server answers under
   * a new `path` from then on, and under the former ones, too.
   *
   * @throws InvalidRegistrationError with the field, the value and what is allowed; then nothing changes.
   */
  update(patch: ServicePatch, options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** Withdraws the registration and closes what `register` opened. Idempotent; never rejects; takes a few seconds at most. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a registered service is made of. */
export interface RegisteredServiceParts {
  readonly service: string;
  readonly instance: string;
  readonly input: InstanceInput;
  readonly registration: Registration;
  /** The own metrics server, if there is one. */
  readonly own?: OwnServer | undefined;
  /** Closes what is not the registration, in order. */
  readonly closeRest: () => Promise<void>;
  readonly logger: Logger;
}

/**
 * For how long an update or a close that is under way keeps the process alive, in ms: whoever awaits it as the last thing
 * that runs must not lose the process in the middle. A close takes less; an update may wait for ZooKeeper for ever.
 */
const KEEP_ALIVE_MS = 5000;

/** Makes the object that `register` gives out. */
export function createRegisteredService(parts: RegisteredServiceParts): RegisteredService {
  return new LiveService(parts);
}

class LiveService implements RegisteredService {
  readonly service: string;
  readonly instance: string;
  readonly events = new EventEmitter<RegisteredServiceEvents>();
  readonly closed: Promise<Error | undefined>;
  readonly #parts: RegisteredServiceParts;
  readonly #resolveClosed: (reason: Error | undefined) => void;
  #input: InstanceInput;
  #closing: Promise<void> | undefined;

  constructor(parts: RegisteredServiceParts) {
    this.#parts = parts;
    this.service = parts.service;
    this.instance = parts.instance;
    this.#input = parts.input;
    let resolveClosed: (reason: Error | undefined) => void = () => undefined;
    this.closed = new Promise((resolve) => (resolveClosed = resolve));
    this.#resolveClosed = resolveClosed;
    parts.registration.on('state', (state, previous) => this.#onState(state, previous));
    parts.registration.on('failed', (error, attempt) => this.#emit(() => this.events.emit('failed', error, attempt)));
  }

  get address(): string {
    const { address } = this.#input;
    return typeof address === 'string' ? address : formatHostPort(address.host, address.port);
  }

  get state(): RegistrationState {
    return this.#parts.registration.state;
  }

  whenRegistered(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    return this.#parts.registration.whenRegistered(options);
  }

  async update(patch: ServicePatch, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkPatch(patch);
    const address = patch.address ?? this.#input.address;
    const next: InstanceInput = { ...this.#input, ...scrapeOptionsOf(patch), address };
    const { own } = this.#parts;
    if (own?.isReachedDirectly === true && patch.address === undefined) checkOwnScheme(next.scheme);
    const data = serializeInstance(next);
    // Before anybody hears of it.
    own?.servePath(next.path ?? DEFAULT_REGISTER_OPTIONS.path);
    this.#input = next;
    const release = holdProcess(KEEP_ALIVE_MS);
    try {
      await this.#parts.registration.update(data, options);
    } finally {
      release();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const release = holdProcess(KEEP_ALIVE_MS);
    try {
      await this.#parts.registration.close();
      await this.#parts.closeRest();
    } finally {
      release();
    }
  }

  #onState(state: RegistrationState, previous: RegistrationState): void {
    this.#emit(() => this.events.emit('state', state, previous));
    if (state.kind === 'registered') this.#emit(() => this.events.emit('registered'));
    if (state.kind !== 'closed') return;
    // A registration that ended by itself takes the rest with it.
    void this.close().then(() => {
      this.#resolveClosed(state.reason);
      this.#emit(() => this.events.emit('closed', state.reason));
    });
  }

  #emit(emit: () => void): void {
    try {
      emit();
    } catch (err) {
      this.#parts.logger.error({ err }, 'listener threw');
    }
  }
}
