import { formatInstant } from '../output/format-age.ts';

/** All attempts for one slot, as `explain --json` shows them. */
export interface SlotAttempts {
  /** RFC 3339. */
  readonly slot: string;
  readonly attempts: readonly {
    /** From the slot to its begin. */
    readonly startSeconds: number;
    readonly durationSeconds: number;
    readonly error: string | null;
  }[];
}

/**
 * Finds the attempts for a target's latest slots in a collector's `/targets`, newest first. What another version of the
 * collector left out or wrote differently is left out here, too.
 *
 * Returns `undefined` when the page does not name the target. Pure.
 */
export function readSlotAttempts(page: unknown, target: string): SlotAttempts[] | undefined {
  const entry = listOf(fieldOf(page, 'targets')).find((one) => fieldOf(one, 'target') === target);
  if (entry === undefined) {
    return undefined;
  }
  return listOf(fieldOf(entry, 'attempts'))
    .flatMap((slot) => {
      const slotMs = numberOf(fieldOf(slot, 'slotMs'));
      const attempts = listOf(fieldOf(slot, 'attempts')).flatMap(readAttempt);
      return slotMs === undefined || attempts.length === 0 ? [] : [{ slot: formatInstant(slotMs), attempts }];
    })
    .reverse();
}

function readAttempt(attempt: unknown): SlotAttempts['attempts'][number][] {
  const [startMs, durationMs] = [fieldOf(attempt, 'startedAfterMs'), fieldOf(attempt, 'durationMs')].map(numberOf);
  if (startMs === undefined || durationMs === undefined) {
    return [];
  }
  const error = fieldOf(attempt, 'error');
  const [reason, message] = [fieldOf(error, 'reason'), fieldOf(error, 'message')];
  const isFailure = typeof reason === 'string' && typeof message === 'string';
  return [
    {
      startSeconds: startMs / 1000,
      durationSeconds: durationMs / 1000,
      error: isFailure ? `${reason}: ${message}` : null,
    },
  ];
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function numberOf(value: unknown): number | undefined {
  // Beyond it `Date` has no such moment.
  return typeof value === 'number' && Math.abs(value) <= 8.64e15 ? value : undefined;
}
