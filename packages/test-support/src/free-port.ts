import { createServer } from 'node:net';

import { TestSupportError } from './errors.ts';

/**
 * Ports are taken from below Linux' range for outgoing connections (32768 and up): while a server restarts,
 * nobody's outgoing connection can sit down on its port.
 */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;

const handedOut = new Set<number>();

/**
 * A TCP port on which nothing listened a moment ago, never the same one twice in this process. Another process may
 * take it before the caller does, so whoever binds it retries: see {@link retryOnBindFailure}.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    if (handedOut.has(port)) continue;
    if (await canListen(port)) {
      handedOut.add(port);
      return port;
    }
  }
  throw new TestSupportError('BindFailed', `no free port between ${LOWEST_PORT} and ${HIGHEST_PORT} in 200 tries`);
}

/** Whether `port` can be bound on `host` at this moment. */
export async function canListen(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/**
 * Runs `start` again, up to five times in all, when it fails with code `BindFailed`; `start` picks its ports anew each
 * time. Other failures pass through at once.
 */
export async function retryOnBindFailure<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      const isRetryable = error instanceof TestSupportError && error.code === 'BindFailed';
      if (!isRetryable || attempt === 5) throw error;
    }
  }
}
