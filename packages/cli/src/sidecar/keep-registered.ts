import { setTimeout as delay } from 'node:timers/promises';

import { serializeInstance } from '@pulsekeeper/model';
import { createRegistrantKey, registerInstance, type Registration } from '@pulsekeeper/registry';
import type { ZkSession } from '@pulsekeeper/zk-session';

import type { ProbePlan } from './probe.ts';
import { probeOnce, probeUntilAnswer } from './probe.ts';
import type { RegistrationRequest } from './registration-request.ts';

/** How a registration is kept. */
export interface KeepOptions {
  readonly session: ZkSession;
  readonly request: RegistrationRequest;
  readonly plan: ProbePlan;
  /** After the first answer: how often the metrics are asked for; `undefined` trusts the registration to the end. */
  readonly probeEveryMs: number | undefined;
  /** How long somebody else may hold the name before it is given up: a dead owner's goes within its session timeout. */
  readonly nameTakenGraceMs: number;
  /** Told of everything that a person at the log would want to know. */
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/** So many probes in a row must fail before the registration is withdrawn. */
const FAILURES_TO_WITHDRAW = 3;

/**
 * Registers once the metrics answer, withdraws when they stop to (with a probe), and withdraws at the end. Resolves when
 * the signal aborts; rejects when the name is held by somebody else, or the registry refuses it.
 */
export async function keepRegistered(options: KeepOptions): Promise<void> {
  const { request, plan, note, signal } = options;
  const name = `${request.service}/${request.instance}`;
  const instanceKey = createRegistrantKey();
  try {
    for (;;) {
      const address = await probeUntilAnswer(plan, signal);
      const registration = registerInstance(options.session, {
        service: request.service,
        instance: request.instance,
        instanceKey,
        data: serializeInstance({ ...request.scrape, address, instanceKey }),
        nameTakenGraceMs: options.nameTakenGraceMs,
      });
      try {
        await registration.start({ signal });
        note(`registered ${name} at ${address}`);
        await untilSilent(options, registration);
        note(`${name} does not answer any more; withdrawn until it does`);
      } finally {
        await registration.close();
      }
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}

/** Resolves when the metrics have stopped to answer. Rejects with the signal's reason. */
async function untilSilent(
  { plan, probeEveryMs, signal, note }: KeepOptions,
  registration: Registration,
): Promise<void> {
  registration.on('state', ({ kind }) => {
    if (kind === 'waiting') {
      note('the name was taken over by another process; waiting for it');
    }
  });
  for (let failures = 0; failures < FAILURES_TO_WITHDRAW;) {
    await delay(probeEveryMs ?? 60_000, undefined, { signal });
    const isSilent = probeEveryMs !== undefined && (await probeOnce(plan, signal)) === undefined;
    failures = isSilent ? failures + 1 : 0;
  }
}
