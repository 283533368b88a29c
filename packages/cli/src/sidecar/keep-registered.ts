import { setTimeout as delay } from 'node:timers/promises';

import { serializeInstance } from '@pulsekeeper/model';
import {
  createRegistrantKey,
  registerInstance,
  type Registration,
  type RegistrationState,
} from '@pulsekeeper/registry';
import type { ZkSession } from '@pulsekeeper/zk-session';

import type { ProbePlan } from './probe.ts';
import { probeOnce, probeUntilAnswer, urlOf } from './probe.ts';
import type { RegistrationRequest } from './registration-request.ts';
import type { SidecarEvent } from './sidecar-event.ts';

/** How a registration is kept. */
export interface KeepOptions {
  readonly session: ZkSession;
  readonly request: RegistrationRequest;
  readonly plan: ProbePlan;
  /** Register the first address without asking it for its metrics before. */
  readonly isAddressTrusted: boolean;
  /** After the first answer: how often the metrics are asked for; `undefined` trusts the registration to the end. */
  readonly probeEveryMs: number | undefined;
  /** How long somebody else may hold the name before it is given up: a dead owner's goes within its session timeout. */
  readonly nameTakenGraceMs: number;
  /** Told of everything that a person at the log would want to know. */
  readonly tell: (event: SidecarEvent) => void;
  readonly signal: AbortSignal;
}

/** So many probes in a row must fail before the registration is withdrawn. */
const FAILURES_TO_WITHDRAW = 3;
/** Without a probe nothing is to be done but to wait; a timer must end some time. */
const IDLE_MS = 60_000;

/**
 * Registers once the metrics answer, withdraws when they stop to (with a probe), and withdraws at the end. Resolves when
 * the signal aborts; rejects when the name is held by somebody else, or the registration ends for any other reason.
 */
export async function keepRegistered(options: KeepOptions): Promise<void> {
  const { tell, signal } = options;
  const target = nameOf(options.request);
  const instanceKey = createRegistrantKey();
  try {
    for (;;) {
      const address = await findAddress(options);
      const registration = registerInstance(options.session, {
        service: options.request.service,
        instance: options.request.instance,
        instanceKey,
        data: serializeInstance({ ...options.request.scrape, address, instanceKey }),
        nameTakenGraceMs: options.nameTakenGraceMs,
      });
      await keepOne(options, registration, address);
      tell({ event: 'withdrawn', target, reason: 'unanswered' });
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}

async function findAddress({ request, plan, isAddressTrusted, tell, signal }: KeepOptions): Promise<string> {
  const [first] = plan.addresses;
  if (isAddressTrusted && first !== undefined) {
    return first;
  }
  const address = await probeOnce(plan, signal);
  if (address !== undefined) {
    return address;
  }
  tell({ event: 'waiting', target: nameOf(request), urls: plan.addresses.map((one) => urlOf(plan, one)) });
  return probeUntilAnswer(plan, signal);
}

/** Resolves when the metrics have stopped to answer; the registration is withdrawn then, however it ends. */
async function keepOne(options: KeepOptions, registration: Registration, address: string): Promise<void> {
  const { request, tell, signal } = options;
  const target = nameOf(request);
  const over = new AbortController();
  const seen = { hasStood: false };
  registration.on('state', (state) => {
    seen.hasStood ||= state.kind === 'registered';
    const event = eventOf(state, target, address);
    if (event !== undefined) {
      tell(event);
    }
    if (state.kind === 'closed') {
      over.abort(state.reason);
    }
  });
  try {
    await registration.start({ signal });
    await untilSilent(options, AbortSignal.any([signal, over.signal]));
  } catch (error) {
    throw over.signal.aborted && !signal.aborted ? over.signal.reason : error;
  } finally {
    await registration.close();
    if (seen.hasStood && signal.aborted) {
      tell({ event: 'withdrawn', target, reason: 'ended' });
    }
  }
}

function eventOf(state: RegistrationState, target: string, address: string): SidecarEvent | undefined {
  switch (state.kind) {
    case 'registered':
    case 'suspended':
      return { event: state.kind, target, address };
    case 'waiting':
      return { event: 'taken', target, owner: state.owner.key ?? 'somebody without a key' };
    case 'idle':
    case 'registering':
    case 'closed':
      return undefined;
  }
}

/** Resolves when the metrics have stopped to answer. Rejects with the signal's reason. */
async function untilSilent({ plan, probeEveryMs }: KeepOptions, signal: AbortSignal): Promise<void> {
  for (let failures = 0; failures < FAILURES_TO_WITHDRAW;) {
    await delay(probeEveryMs ?? IDLE_MS, undefined, { signal });
    const isSilent = probeEveryMs !== undefined && (await probeOnce(plan, signal)) === undefined;
    failures = isSilent ? failures + 1 : 0;
  }
}

function nameOf({ service, instance }: RegistrationRequest): string {
  return `${service}/${instance}`;
}
