import { CliError } from '../errors.ts';

/** What came of asking a server that may be away. */
export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: CliError };

/**
 * Asks, and takes an unreachable server for an answer, so that the rest can still be shown. Anything else that goes
 * wrong is thrown.
 */
export async function attempt<T>(ask: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    if (error instanceof CliError && error.code === 'Unreachable') {
      return { ok: false, error };
    }
    throw error;
  }
}
