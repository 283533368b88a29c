import type { StandingOwner } from './errors.ts';

/**
 * Where a registration is. A discriminated union; the transitions are in the comment of `Registration`.
 *
 * - `idle`: not started.
 * - `registering`: on its way to stand: waiting for the session, or writing.
 * - `registered`: the znode stands and is watched.
 * - `suspended`: it stood when the connection went; it most likely still does.
 * - `waiting`: somebody else holds the name (`taken`), or a later run of ours does (`displaced`); taken as soon as free.
 * - `closed`: withdrawn, or given up for `reason`.
 */
export type RegistrationState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'registering' }
  | { readonly kind: 'registered'; readonly sessionId: bigint; readonly czxid: bigint }
  | { readonly kind: 'suspended'; readonly sessionId: bigint; readonly czxid: bigint }
  | { readonly kind: 'waiting'; readonly claim: 'taken' | 'displaced'; readonly owner: StandingOwner }
  | { readonly kind: 'closed'; readonly reason: Error | undefined };

/** Events of a registration. */
export interface RegistrationEvents {
  /** After each change of state, in order, with the state before it. */
  state: [state: RegistrationState, previous: RegistrationState];
  /** An attempt failed and is repeated; `attempt` counts from 1 since the last success. */
  failed: [error: unknown, attempt: number];
}
