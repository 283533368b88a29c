import { identityHash, type TargetId } from '@pulsekeeper/model';

import type { Predecessor } from './acquisition.ts';

/** What decides how a collector goes about one slot. */
export interface SlotSituation {
  /** 0: the owner; from 1 on: a backup. */
  readonly rank: number;
  /** The session's lease is not held, or the view may be stale: others may have taken over already. */
  readonly isDemoted: boolean;
  /** Who had the target until so recently that it may not have heard of the change; undefined when that is long ago. */
  readonly recentOwner: Predecessor | undefined;
  /** It is the first slot after a boundary from which on the target is ours. */
  readonly isFirst: boolean;
  /** Targets came or went so recently that others may not have heard, and may take themselves for the owner. */
  readonly isSpreading: boolean;
  /** From 0.5 to 1, differs between collectors: of two that wait for the other at the same slot one comes first. */
  readonly stagger: number;
  readonly intervalMs: number;
  /** How long the last scrape of the target by this collector took; 0 when unknown. */
  readonly lastDurationMs: number;
  /** How long others seem to take who scraped a slot before us; 0 while nobody did. */
  readonly othersDurationMs: number;
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

/** A demoted owner waits at least so long, or a tenth of the interval where that is less. */
const MIN_DEMOTED_DELAY_MS = 250;

/** Longest wait of a new owner after one that is gone: above that of a demoted one, which so comes first. */
const MAX_CAUTION_DELAY_MS = 1_000;

/** Moments among which collectors spread that wait for each other. */
const STAGGER_STEPS = 6;

/** Part of a slot after which a verification is carried out whoever owns the target by then. */
const LAST_CHANCE = 0.75;

/** Over so long those are spread that verify a slot. */
const MAX_SPREAD_MS = 100;

/** Over so long those are spread that have lost a target and look whether it is in good hands. */
const MAX_FORMER_SPREAD_MS = 200;

/** So long before its end a slot is looked up without a wait: a busy process may come to it late. */
const MAX_CLOSING_MS = 1_000;

/** Longest wait after an owner that lives: it either scrapes on time or has heard, and a gap must stay below 1.1 intervals. */
const MAX_SHIFT_DELAY_MS = 500;

/**
 * Decides how to go about a slot. Pure.
 *
 * The delays are staggered so that two who both believe in their right to a slot do not look at the same moment: the
 * one who has had the target longest goes first (a demoted owner), then a new owner, then the backups by rank.
 */
export function approachSlot(situation: SlotSituation): SlotApproach {
  const { rank, isDemoted, recentOwner, isFirst, isSpreading, stagger, intervalMs } = situation;
  const { lastDurationMs, othersDurationMs } = situation;
  if (rank > 0) {
    return { kind: 'look', delayMs: backupDelayMs(rank, intervalMs, Math.max(lastDurationMs, othersDurationMs)) };
  }
  if (recentOwner === 'gone') {
    return { kind: 'look', delayMs: cautionDelayMs(intervalMs) - spreadMs(intervalMs, stagger) };
  }
  const mayHaveRival = recentOwner === 'alive' || (isFirst && isSpreading);
  const shiftMs = mayHaveRival ? Math.round(stagger * shiftDelayMs(intervalMs)) : 0;
  const demotedMs = isDemoted ? demotedDelayMs(intervalMs, lastDurationMs, othersDurationMs) : 0;
  const delayMs = Math.max(demotedMs, shiftMs);
  return delayMs > 0 || isFirst ? { kind: 'look', delayMs } : SCRAPE;
}

/**
 * When a demoted owner looks: after a scrape by whoever took over has had time to be written. Within a tenth of the
 * interval, so that no gap exceeds 1.1 intervals, unless another owner has turned out to be at work, and slow.
 */
export function demotedDelayMs(intervalMs: number, lastDurationMs: number, othersDurationMs: number): number {
  const leastMs = Math.min(MIN_DEMOTED_DELAY_MS, intervalMs / 10);
  if (othersDurationMs > 0) return clamp(2 * othersDurationMs + 50, leastMs, intervalMs / 2);
  return clamp(2 * lastDurationMs + 50, leastMs, intervalMs / 10);
}

/** When a new owner looks at the latest, during its first moments, while the previous one lives: a change of targets shifted a few. */
export function shiftDelayMs(intervalMs: number): number {
  return Math.min(MAX_SHIFT_DELAY_MS, intervalMs / 10);
}

/**
 * When one looks that has just lost the target by a change of targets: behind a new owner that has heard of the change, and long
 * before one verifies the slot that has not. Within a second, where scrapes are quick, so that no gap exceeds an interval by more.
 *
 * @param stagger - As in {@link SlotSituation}: there may be several.
 */
export function formerOwnerDelayMs(intervalMs: number, lastDurationMs: number, stagger: number): number {
  const afterOwnerMs = shiftDelayMs(intervalMs) + Math.max(250, 2 * lastDurationMs + 150);
  return Math.min(afterOwnerMs, 0.3 * intervalMs) + spreadMs(intervalMs, stagger, MAX_FORMER_SPREAD_MS);
}

/** When a new owner looks, during its first moments, after one that died or is cut off. */
export function cautionDelayMs(intervalMs: number): number {
  return Math.min(MAX_CAUTION_DELAY_MS, intervalMs / 4);
}

/**
 * When the backup of a rank looks: after a new owner that is cautious. Later ranks, and those behind a slow owner, wait longer;
 * never past nine tenths of the slot.
 */
export function backupDelayMs(rank: number, intervalMs: number, lastDurationMs: number): number {
  const afterOwnerMs = Math.max(intervalMs / 5, cautionDelayMs(intervalMs) + intervalMs / 10);
  return Math.min(rank * Math.max(2 * lastDurationMs + 150, afterOwnerMs), 0.9 * intervalMs);
}

/**
 * When, after a take-over, to look whether the current slot was scraped, and scrape it if not.
 *
 * Soon where the previous owner is gone, since the slot may close; where it lives, once it has had its time to scrape; at
 * once where there is none. After one that is gone never so late that less than a quarter of the slot is left, unless it is
 * that late already.
 */
export function takeoverCheckMs(input: {
  readonly slotMs: number;
  readonly intervalMs: number;
  readonly nowMs: number;
  readonly predecessor: Predecessor;
}): number {
  const { slotMs, intervalMs, nowMs, predecessor } = input;
  if (predecessor === 'none') return nowMs;
  if (predecessor === 'alive') return verificationMs(slotMs, intervalMs, nowMs);
  const settledMs = nowMs + Math.min(250, intervalMs / 4);
  const earliestMs = slotMs + cautionDelayMs(intervalMs);
  return Math.max(nowMs, Math.min(Math.max(settledMs, earliestMs), slotMs + 0.75 * intervalMs));
}

/**
 * When to verify that a slot which fell to somebody who lives was scraped: half of it is over, and so is a moment since the
 * change, or the slot is about to close.
 *
 * @param sinceMs - When the target became ours, or was found to be.
 * @param stagger - As in {@link SlotSituation}: of two that verify the same slot one comes first.
 */
export function verificationMs(slotMs: number, intervalMs: number, sinceMs: number, stagger = 0.5): number {
  const settledMs = Math.max(sinceMs + Math.min(250, intervalMs / 4), slotMs + intervalMs / 2);
  const closingMs = slotMs + intervalMs - Math.min(MAX_CLOSING_MS, intervalMs / 4);
  return Math.max(sinceMs, Math.min(settledMs + spreadMs(intervalMs, stagger), closingMs));
}

/** The `stagger` of a collector: in a few steps, so that looks of a moment still share a call. */
export function staggerOf(collector: string, target: TargetId): number {
  return 0.5 + (identityHash(`${collector} ${target}`) % STAGGER_STEPS) / (2 * (STAGGER_STEPS - 1));
}

/** From when on a slot is verified by those, too, who do not own its target. */
export function lastChanceMs(slotMs: number, intervalMs: number, stagger = 0.5): number {
  return slotMs + LAST_CHANCE * intervalMs + spreadMs(intervalMs, stagger);
}

/** By how much a collector puts off a look at a slot that others may look at, too; `stagger` as in {@link SlotSituation}. */
export function spreadMs(intervalMs: number, stagger: number, mostMs = MAX_SPREAD_MS): number {
  return (2 * stagger - 1) * Math.min(mostMs, intervalMs / 20);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
