import { expect } from 'chai';
import { eventually } from '@pulsekeeper/test-support';
import type { TargetId } from '@pulsekeeper/model';
import type { Store, TargetWriter } from '../../src/index.ts';
import { frameAt, idOf, labelsOf, range, samplesAt, storedSteps } from './store-support.ts';

const RECOVERY_MS = 2_000;

/** One collector's store with a few targets, and how each append ended. */
export class Ledger {
  readonly store: Store;
  readonly outcomes: string[] = [];
  readonly #targets: TargetWriter[];
  #step = 0;

  constructor(store: Store, targets = 3) {
    this.store = store;
    this.#targets = range(targets).map((index) => {
      const id = idOf(`i${index}`);
      return store.writer.open({ id, labels: labelsOf(id) });
    });
  }

  get steps(): number {
    return this.#step;
  }

  get ids(): TargetId[] {
    return [...this.#targets.keys()].map((index) => idOf(`i${index}`));
  }

  /** Leaves the next slots to others. */
  skip(count: number): void {
    this.#step += count;
  }

  /** Appends further frames to every target without waiting. */
  append(count: number): void {
    for (let left = count; left > 0; left--) {
      const step = this.#step++;
      for (const target of this.#targets) {
        void target.append(frameAt(step, samplesAt(step))).then((outcome) => this.outcomes.push(outcome));
      }
    }
  }

  /** As {@link expectAll}, where Redis has just come to serve again: within two seconds. */
  async expectRecovered(): Promise<void> {
    await eventually(() => expect(this.store.health().bufferedFrames).to.equal(0), { timeoutMs: RECOVERY_MS });
    await this.expectAll();
  }

  /** Every frame of every target is in the store, once, in order; every append was told so. */
  async expectAll(): Promise<void> {
    await this.store.flush({ signal: AbortSignal.timeout(8_000) });
    expect(this.outcomes.filter((outcome) => outcome !== 'written')).to.deep.equal([]);
    expect(this.outcomes).to.have.length(this.#step * this.#targets.length);
    for (const index of this.#targets.keys()) {
      expect(await storedSteps(this.store, idOf(`i${index}`))).to.deep.equal(range(this.#step));
    }
    expect(this.store.health()).to.deep.include({
      bufferedFrames: 0,
      bufferedBytes: 0,
      droppedFrames: 0,
      corruptFrames: 0,
    });
  }
}
