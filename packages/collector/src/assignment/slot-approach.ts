import type { Predecessor } from './acquisition.ts';

/** What decides how a collector goes about one slot. */
export interface SlotSituation {
  /** 0: the owner; from 1 on: a backup. */
  readonly rank: number;
  /** The session's lease is not held, or the view may be stale: others may have taken over already. */
  readonly isDemoted: boolean;
  /** Who had the target until so recently that it may not have heard of the change; undefined when that is long ago. */
  readonly recentOwner: Predecessor | undefined;
  readonly intervalMs: number;
  /** How long a scrape of the target seems to take, by this collector or by others; 0 when unknown. */
  readonly lastDurationMs: number;
}

/** Scrape at the slot, or look in the store so long after it and scrape only what is missing there. */
export type SlotApproach = { readonly kind: 'scrape' } | { readonly kind: 'look'; readonly delayMs: number };

const SCRAPE: SlotApproach = { kind: 'scrape' };

/** A few times what the news of a change needs to spread where everybody watches. */
const MIN_CAUTION_MS = 2_000;

/**
 * How long after a take-over slots are looked up first: until everybody has heard of the change.
 *
 * @param newsMs - How much later others hear of it when they poll.
 */
export function cautionMs(newsMs: number): number {
  return newsMs + MIN_CAUTION_MS;
}

/** Longest wait before a demoted owner looks: within a tenth of the interval, so that no gap exceeds 1.1 intervals. */
const MAX_DEMOTED_DELAY_MS = 250;

/** Longest wait of a new owner after one that is gone: above that of a demoted one, which so comes first. */
const MAX_CAUTION_DELAY_MS = 1_000;

/** Longest wait after an owner that lives: it either scrapes on time or has heard, and a gap must stay below 1.1 intervals. */
const MAX_SHIFT_DELAY_MS = 500;

/**
 * Decides how to go about a slot. Pure.
 *
 * The delays are staggered so that two who both believe in their right to a slot do not look at the same moment: the
 * one who has had the target longest goes first (a demoted owner), then a new owner, then the backups by rank.
 */
export function approachSlot(situation: SlotSituation): SlotApproach {
  const { rank, isDemoted, recentOwner, intervalMs, lastDurationMs } = situation;
  if (rank > 0) return { kind: 'look', delayMs: backupDelayMs(rank, intervalMs, lastDurationMs) };
  if (recentOwner === 'gone') return { kind: 'look', delayMs: cautionDelayMs(intervalMs) };
  const shiftMs = recentOwner === 'alive' ? shiftDelayMs(intervalMs) : 0;
  if (isDemoted) return { kind: 'look', delayMs: Math.max(demotedDelayMs(intervalMs, lastDurationMs), shiftMs) };
  return shiftMs > 0 ? { kind: 'look', delayMs: shiftMs } : SCRAPE;
}

/** When a demoted owner looks: after a scrape by whoever took over has had time to be written. */
export function demotedDelayMs(intervalMs: number, lastDurationMs: number): number {
  return clamp(2 * lastDurationMs + 50, Math.min(MAX_DEMOTED_DELAY_MS, intervalMs / 10), intervalMs / 4);
}

/** When a new owner looks, during its first moments, while the previous one lives: a change of targets shifted a few. */
export function shiftDelayMs(intervalMs: number): number {
  return Math.min(MAX_SHIFT_DELAY_MS, intervalMs / 10);
}

/** When a new owner looks, during its first moments, after one that died or is cut off. */
export function cautionDelayMs(intervalMs: number): number {
  return Math.min(MAX_CAUTION_DELAY_MS, intervalMs / 4);
}

/** When the backup of a rank looks. Later ranks wait longer, but never past nine tenths of the slot. */
export function backupDelayMs(rank: number, intervalMs: number, lastDurationMs: number): number {
  return Math.min(rank * clamp(2 * lastDurationMs + 150, intervalMs / 5, intervalMs / 2), 0.9 * intervalMs);
}

/**
 * When, after a take-over, to look whether the current slot was scraped, and scrape it if not.
 *
 * Soon where the previous owner is gone, since the slot may close; where it lives, once it has had the time that it needs
 * to scrape; at once where there is none. Never so late that less than a quarter of the slot is left, unless it is that
 * late already.
 */
export function takeoverCheckMs(input: {
  readonly slotMs: number;
  readonly intervalMs: number;
  readonly nowMs: number;
  readonly predecessor: Predecessor;
}): number {
  const { slotMs, intervalMs, nowMs, predecessor } = input;
  if (predecessor === 'none') return nowMs;
  if (predecessor === 'alive') return Math.max(nowMs, slotMs + shiftDelayMs(intervalMs));
  const settledMs = nowMs + Math.min(250, intervalMs / 4);
  const earliestMs = slotMs + cautionDelayMs(intervalMs);
  return Math.max(nowMs, Math.min(Math.max(settledMs, earliestMs), slotMs + 0.75 * intervalMs));
}

/** When to verify that the last slot before a planned boundary was scraped by the one who left. */
export function boundaryCheckMs(slotMs: number, intervalMs: number, boundaryMs: number): number {
  return Math.max(boundaryMs + Math.min(250, intervalMs / 4), slotMs + intervalMs / 2);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
