/** For so many slots an owner that has lost the target watches over it when it sees nothing of the next one. */
const MAX_WATCHED_SLOTS = 8;

/**
 * Whether a collector still answers for a target that another one owns by now. It does from the slot on that it owned,
 * until it has seen that somebody else deals with the target's slots, or has waited in vain for long.
 */
export class HandoverWatch {
  #isOpen = false;
  #watchedSlots = 0;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The target is this collector's own. */
  open(): void {
    this.#isOpen = true;
    this.#watchedSlots = 0;
  }

  /** The target is in good hands, or no more. */
  close(): void {
    this.#isOpen = false;
  }

  /** Takes note of another slot of a target that is not ours; tells whether to watch over it. */
  takeSlot(): boolean {
    this.#watchedSlots += 1;
    if (this.#watchedSlots > MAX_WATCHED_SLOTS) this.close();
    return this.#isOpen;
  }
}
