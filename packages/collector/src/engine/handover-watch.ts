/** For so many slots an owner that has lost the target watches over it when it sees nothing of the next one. */
const MIN_WATCHED_SLOTS = 8;

/** And for so many session timeouts: by then whoever is cut off or dead is no collector any more. */
const WATCHED_SESSIONS = 2;

/**
 * Whether a collector still answers for a target that another one owns by now. It does from the moment on that it owned it,
 * or was to stand in for a slot of it, until it has seen that somebody else deals with the target's slots, or has waited in
 * vain for long.
 */
export class HandoverWatch {
  readonly #patienceMs: number;
  readonly #cautionMs: number;
  #isOpen = false;
  #lostAtMs = -Infinity;
  #suddenlyLostAtMs = -Infinity;
  #firstSlotMs = Infinity;
  #watchedSlots = 0;

  /**
   * @param cautionMs - For how long after a change others may not have heard of it.
   */
  constructor(sessionTimeoutMs: number, cautionMs: number) {
    this.#patienceMs = WATCHED_SESSIONS * sessionTimeoutMs;
    this.#cautionMs = cautionMs;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The target is this collector's own, or a slot of it has come that it is to stand in for. */
  open(): void {
    this.#isOpen = true;
    this.#lostAtMs = -Infinity;
    this.#firstSlotMs = Infinity;
    this.#watchedSlots = 0;
  }

  /** The target is in good hands, or no more. */
  close(): void {
    this.#isOpen = false;
  }

  /** By a new plan another one owns the target. */
  lose(nowMs: number): void {
    this.#lostAtMs = nowMs;
  }

  /** A change of targets took the target away, with no boundary in between. */
  noteSuddenLoss(nowMs: number): void {
    this.#suddenlyLostAtMs = nowMs;
  }

  /** Whether the new owner may not have heard yet that the slot is its own. */
  isSoonAfterSuddenLoss(slotMs: number): boolean {
    return slotMs < this.#suddenlyLostAtMs + this.#cautionMs;
  }

  /** Whether the slot came after the target was lost: who has dealt with it is not one of those before us. */
  isSinceLoss(slotMs: number): boolean {
    return slotMs > this.#lostAtMs;
  }

  /** Takes note of another slot of a target that is not ours; tells whether to watch over it. */
  takeSlot(slotMs: number): boolean {
    this.#watchedSlots += 1;
    this.#firstSlotMs = Math.min(this.#firstSlotMs, slotMs);
    const isLong = this.#watchedSlots > MIN_WATCHED_SLOTS && slotMs - this.#firstSlotMs > this.#patienceMs;
    if (isLong) this.close();
    return this.#isOpen;
  }
}
