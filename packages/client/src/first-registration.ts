import type { Logger, Registration, RegistrationState } from '@pulsekeeper/registry';

/** How the first registration is waited for. */
export interface FirstRegistrationOptions {
  readonly waitMs: number;
  readonly nameTakenGraceMs: number;
  readonly signal: AbortSignal | undefined;
  readonly logger: Logger;
}

/** A timer that is set for longer fires at once; 24 days are for ever here. */
const MAX_TIMER_MS = 0x7fff_ffff;

/**
 * Starts a registration and waits for it, for at most `waitMs`; after that it goes on by itself.
 *
 * @throws RegistryError `NameTaken` when somebody else holds the name for `nameTakenGraceMs` within that time; what ends
 * the registration; the signal's reason.
 */
export async function firstRegistration(registration: Registration, options: FirstRegistrationOptions): Promise<void> {
  const { waitMs, nameTakenGraceMs, signal, logger } = options;
  // It may have aborted during what came before, when nobody listened.
  signal?.throwIfAborted();
  const giveUp = new AbortController();
  const onAbort = (): void => giveUp.abort(signal?.reason);
  let graceTimer: NodeJS.Timeout | undefined;
  let waitTimer: NodeJS.Timeout | undefined;
  // A registration that is aborted while it waits for its name rejects with `NameTaken`.
  const onState = (state: RegistrationState): void => {
    if (state.kind !== 'waiting' || nameTakenGraceMs > MAX_TIMER_MS) return;
    graceTimer ??= setTimeout(() => {
      if (registration.state.kind === 'waiting') giveUp.abort();
    }, nameTakenGraceMs);
  };
  registration.on('state', onState);
  signal?.addEventListener('abort', onAbort, { once: true });
  const patience = new Promise<'late'>((resolve) => {
    if (waitMs <= MAX_TIMER_MS) waitTimer = setTimeout(() => resolve('late'), waitMs);
  });
  const started = registration.start({ signal: giveUp.signal });
  try {
    if ((await Promise.race([started, patience])) === 'late') {
      logger.warn({ waitMs, state: registration.state.kind }, 'not registered yet; going on in the background');
    }
  } finally {
    registration.off('state', onState);
    signal?.removeEventListener('abort', onAbort);
    clearTimeout(graceTimer);
    clearTimeout(waitTimer);
    // Whatever becomes of it later is told by the registration's state.
    started.catch(() => undefined);
  }
}
