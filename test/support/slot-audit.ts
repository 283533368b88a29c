/** One slot as the store tells it; what the audit needs of it. */
export interface StoredSlot {
  readonly slotMs: number;
  /** Whether samples were stored, as against an `up 0` record. */
  readonly up: boolean;
}

/** What a target must have got, what the store holds of it, and what the target itself served. */
export interface AuditInput {
  readonly target: string;
  readonly intervalMs: number;
  readonly phaseMs: number;
  /** Slots `s` with `fromMs ≤ s < toMs` are expected. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly stored: readonly StoredSlot[];
  /** Unix milliseconds of every request that the target saw. */
  readonly requestsMs: readonly number[];
}

/** What came of a target's slots, or of all of them. */
export interface SlotAudit {
  readonly expected: number;
  readonly written: number;
  /** Written as `up 0`. */
  readonly failed: number;
  readonly missing: number;
  /** Slots that the store holds more than once. */
  readonly doubled: number;
  /** Slots for which the target saw more than one request. */
  readonly requestedTwice: number;
  /** The longest time from a slot to its first request. */
  readonly longestDelayMs: number;
  /** The missing slots, as `<target>@<slotMs>`. */
  readonly missingSlots: readonly string[];
  /** The slots that were requested more than once, likewise. */
  readonly twiceSlots: readonly string[];
}

/**
 * Compares a target's expected slots with the store and with the target's own count of requests. A request belongs to
 * the last slot at or before it; `earlyMs` of tolerance is for a scrape that a coarse timer began just before its slot.
 */
export function auditSlots(input: AuditInput, earlyMs = 20): SlotAudit {
  const { target, intervalMs, phaseMs, fromMs, toMs } = input;
  const slotOf = (timeMs: number): number => Math.floor((timeMs - phaseMs) / intervalMs) * intervalMs + phaseMs;
  const stored = new Map<number, StoredSlot[]>();
  for (const slot of input.stored) stored.set(slot.slotMs, [...(stored.get(slot.slotMs) ?? []), slot]);
  const requests = new Map<number, number[]>();
  for (const ms of input.requestsMs) {
    const slot = slotOf(ms + earlyMs);
    requests.set(slot, [...(requests.get(slot) ?? []), ms]);
  }
  const total = { expected: 0, written: 0, failed: 0, doubled: 0, longestDelayMs: 0 };
  const missingSlots: string[] = [];
  const twiceSlots: string[] = [];
  for (let slot = slotOf(fromMs - 1) + intervalMs; slot < toMs; slot += intervalMs) {
    total.expected += 1;
    const records = stored.get(slot) ?? [];
    if (records.length === 0) missingSlots.push(`${target}@${slot}`);
    else total.written += 1;
    if (records.some((record) => !record.up)) total.failed += 1;
    if (records.length > 1) total.doubled += 1;
    const seen = requests.get(slot) ?? [];
    if (seen.length > 1) twiceSlots.push(`${target}@${slot}`);
    if (seen.length > 0) total.longestDelayMs = Math.max(total.longestDelayMs, Math.min(...seen) - slot);
  }
  return {
    ...total,
    missing: missingSlots.length,
    requestedTwice: twiceSlots.length,
    missingSlots,
    twiceSlots,
  };
}

/** The sum over targets. */
export function sumAudits(audits: readonly SlotAudit[]): SlotAudit {
  const sum = (pick: (audit: SlotAudit) => number): number => audits.reduce((total, audit) => total + pick(audit), 0);
  return {
    expected: sum((audit) => audit.expected),
    written: sum((audit) => audit.written),
    failed: sum((audit) => audit.failed),
    missing: sum((audit) => audit.missing),
    doubled: sum((audit) => audit.doubled),
    requestedTwice: sum((audit) => audit.requestedTwice),
    longestDelayMs: audits.reduce((longest, audit) => Math.max(longest, audit.longestDelayMs), 0),
    missingSlots: audits.flatMap((audit) => audit.missingSlots),
    twiceSlots: audits.flatMap((audit) => audit.twiceSlots),
  };
}

/** One line of figures for the log of a test. */
export function describeAudit(name: string, audit: SlotAudit): string {
  return (
    `${name}: expected ${audit.expected}, written ${audit.written}, missing ${audit.missing}, ` +
    `doubled ${audit.doubled}, requested twice ${audit.requestedTwice}, longest take-over ${Math.round(audit.longestDelayMs)} ms`
  );
}
