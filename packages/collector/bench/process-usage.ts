import { readFileSync } from 'node:fs';

/** What a process has used so far. */
export interface ProcessUsage {
  /** User and system time of all of its threads, in microseconds; the kernel tells it in steps of 10 ms. */
  readonly cpuMicros: number;
  /** Memory that it holds now. */
  readonly residentBytes: number;
  /** The most that it ever held. */
  readonly peakResidentBytes: number;
}

/** Microseconds of a tick of `/proc/<pid>/stat`: `USER_HZ` is 100 on every Linux that Node runs on. */
const TICK_MICROS = 10_000;

/** Reads `/proc`. Throws when the process is gone. */
export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name, in parentheses, may hold blanks; what follows are the fields from the third on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? NaN);
  return {
    cpuMicros: (Number(fields[11]) + Number(fields[12])) * TICK_MICROS,
    residentBytes: kibibytes('VmRSS') * 1024,
    peakResidentBytes: kibibytes('VmHWM') * 1024,
  };
}

/** The load averages of the machine, as `uptime` shows them. */
export function loadAverage(): string {
  return readFileSync('/proc/loadavg', 'latin1').split(' ').slice(0, 3).join(' ');
}
