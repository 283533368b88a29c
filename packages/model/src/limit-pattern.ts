import { MILLISECOND_UNITS, UNIT_NAMES } from './duration.ts';

const MAX_DURATION_LENGTH = 64;
const MAX_SIZE_DIGITS = 15;

/**
 * The pattern of a text of digits whose number is at most `max`, leading zeros allowed. Without anchors and groups that
 * capture; `O(digits²)` long.
 */
export function numberUpTo(max: number): string {
  const digits = String(max);
  const smaller = Array.from(digits).flatMap((digit, index) =>
    digit === '0' ? [] : [`${digits.slice(0, index)}[0-${Number(digit) - 1}]${anyDigits(digits.length - index - 1)}`],
  );
  const shorter = digits.length > 1 ? [`[0-9]{1,${digits.length - 1}}`] : [];
  return `0*(?:${[digits, ...smaller, ...shorter].join('|')})`;
}

/** As {@link numberUpTo}, of a number that is at least `min`, which is above 0. */
export function numberFrom(min: number): string {
  const digits = String(min);
  const greater = Array.from(digits).flatMap((digit, index) =>
    digit === '9' ? [] : [`${digits.slice(0, index)}[${Number(digit) + 1}-9]${anyDigits(digits.length - index - 1)}`],
  );
  return `0*(?:${[digits, ...greater, `[1-9][0-9]{${digits.length},}`].join('|')})`;
}

/**
 * The pattern of a duration within limits, without anchors; what follows it may be no letter and no digit. A pattern cannot
 * add: each unit is at most `maxMs` and one of them at least `minMs`, so `23h120m` passes for at most a day, and `59s1000ms`
 * does not pass for at least a minute.
 */
export function durationPattern(minMs: number, maxMs: number): string {
  const units = UNIT_NAMES.map((name, index) => ({ name, unitMs: MILLISECOND_UNITS[index] ?? 1 }));
  const end = '(?![0-9a-z])';
  const enough = units.map(({ name, unitMs }) => `${numberFrom(Math.ceil(minMs / unitMs))}${name}`).join('|');
  const body = units.map(({ name, unitMs }) => `(?:${numberUpTo(Math.floor(maxMs / unitMs))}${name})?`).join('');
  return `(?=[0-9a-z]{1,${MAX_DURATION_LENGTH}}${end})(?=(?:[0-9a-z]*[a-z])?(?:${enough})(?![a-z]))${body}${end}`;
}

/** The pattern of a size from 1 to `max` bytes, without anchors. */
export function byteSizePattern(max: number): string {
  const units = ['B', 'Ki?B', 'Mi?B', 'Gi?B', 'Ti?B'].flatMap((name, power) => {
    const most = Math.floor(max / 1024 ** power);
    return most === 0 ? [] : [`${numberUpTo(most)}${name}`];
  });
  return `(?=0*[1-9])(?=[0-9]{1,${MAX_SIZE_DIGITS}}[A-Z])(?:${units.join('|')})`;
}

function anyDigits(count: number): string {
  return count === 0 ? '' : `[0-9]{${count}}`;
}
