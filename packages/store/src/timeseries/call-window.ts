/**
 * Bounds how many calls are under way. The first that fails is thrown once all that were begun have ended, and no further
 * one is begun.
 */
export class CallWindow {
  readonly #most: number;
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  /** Begins a call as soon as there is room. @throws what an earlier call failed with */
  async begin(call: () => Promise<void>): Promise<void> {
    while (this.#underWay.size >= this.#most) await Promise.race(this.#underWay);
    if (this.#failure !== undefined) return this.end();
    const running = call()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#underWay.delete(running);
      });
    this.#underWay.add(running);
  }

  /** Waits for all. @throws what the first of them failed with */
  async end(): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
