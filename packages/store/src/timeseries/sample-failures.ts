/** Texts of the module for a key that is not there; one for any key that is no time series, in some versions. */
const MISSING = /key does not exist|not a TSDB key/i;
const EXPIRED = /older than retention/i;
/** The series has another sample at this time and a policy of its own: that sample stands. */
const KEPT = /DUPLICATE_POLICY|at upsert/i;

/** Samples of one owner that were not taken. */
export interface FailedSamples<Owner> {
  readonly owner: Owner;
  /** Ascending, at least one. */
  readonly places: number[];
  /** What Redis said of the first. */
  readonly message: string;
}

/** What Redis said of the samples of a command that it did not take. */
export class SampleFailures<Owner> {
  /** Samples not taken, those whose series has another one aside. */
  count = 0;
  expired = 0;
  readonly missing: FailedSamples<Owner>[] = [];
  readonly refused: FailedSamples<Owner>[] = [];

  /**
   * @param replies - one a sample
   * @param owners - whose samples begin at which place
   */
  constructor(replies: readonly unknown[], owners: readonly { readonly owner: Owner; readonly at: number }[]) {
    for (let place = 0; place < replies.length; place++) {
      const reply = replies[place];
      if (reply instanceof Error) this.#take(place, reply.message, owners);
    }
  }

  #take(place: number, message: string, owners: readonly { readonly owner: Owner; readonly at: number }[]): void {
    if (KEPT.test(message)) return;
    this.count++;
    if (EXPIRED.test(message)) this.expired++;
    else {
      const owner = owners.findLast(({ at }) => at <= place)?.owner;
      if (owner !== undefined) add(MISSING.test(message) ? this.missing : this.refused, owner, place, message);
    }
  }
}

function add<Owner>(failed: FailedSamples<Owner>[], owner: Owner, place: number, message: string): void {
  const last = failed.at(-1);
  if (last?.owner === owner) last.places.push(place);
  else failed.push({ owner, places: [place], message });
}
