import type { SlotScraper } from '../scrape/target-scraper.ts';

/** How long one turn of the event loop may close: well below what delays a slot. */
const SLICE_MS = 5;

/**
 * Closes scrapers a few at a time. Closing a connection takes some 60 µs, and thousands of targets may leave at once: the
 * slots of the others must not wait for that.
 */
export class ClosingQueue {
  #waiting: SlotScraper[] = [];
  #turn: NodeJS.Immediate | undefined;

  /** Closes it soon. */
  add(scraper: SlotScraper): void {
    this.#waiting.push(scraper);
    this.#turn ??= setImmediate(() => this.#closeSome());
  }

  /** Closes at once what waits. */
  flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    for (const scraper of this.#waiting.splice(0)) scraper.close();
  }

  #closeSome(): void {
    const untilMs = performance.now() + SLICE_MS;
    while (this.#waiting.length > 0 && performance.now() < untilMs) this.#waiting.pop()?.close();
    this.#turn = this.#waiting.length > 0 ? setImmediate(() => this.#closeSome()) : undefined;
  }
}
