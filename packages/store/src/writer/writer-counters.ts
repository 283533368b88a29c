import { classOfError } from '../redis/reply-error.ts';

const MOST_TARGETS = 100;

/** What the writer has counted since it was made. */
export class WriterCounters {
  written = 0;
  late = 0;
  doubled = 0;
  dropped = 0;
  rewritten = 0;
  writtenBytes = 0;
  lastError: { readonly code: string; readonly message: string; readonly atMs: number } | undefined;
  readonly #errors = new Map<string, number>();
  readonly #droppedByTarget = new Map<string, number>();

  get errors(): Record<string, number> {
    return Object.fromEntries(this.#errors);
  }

  /** The targets that lost most, at most {@link MOST_TARGETS}. */
  get droppedByTarget(): Record<string, number> {
    const worst = [...this.#droppedByTarget].sort((left, right) => right[1] - left[1]);
    return Object.fromEntries(worst.slice(0, MOST_TARGETS));
  }

  drop(target: string, frames: number): void {
    this.dropped += frames;
    this.#droppedByTarget.set(target, (this.#droppedByTarget.get(target) ?? 0) + frames);
  }

  /** @returns the error's class, and whether it is the first of its class */
  error(error: unknown, atMs: number): { code: string; isFirst: boolean } {
    const code = classOfError(error instanceof Error && error.cause !== undefined ? error.cause : error);
    const before = this.#errors.get(code) ?? 0;
    this.#errors.set(code, before + 1);
    this.lastError = { code, message: error instanceof Error ? error.message : String(error), atMs };
    return { code, isFirst: before === 0 };
  }
}
