import { hostname, networkInterfaces } from 'node:os';

import {
  explainInvalidName,
  firstRoutableAddress,
  formatAddress,
  serializeInstance,
  type InstanceInput,
} from '@pulsekeeper/model';

import { parseWholeNumber } from '../arguments/whole-number.ts';
import { listOption, textOption, type CommandInput } from '../command.ts';
import { messageOf, usageError } from '../errors.ts';

const MAX_PORT = 65_535;
const MAX_RETRIES = 100;
const LOOPBACK = '127.0.0.1';

/** What is to be registered, and where it may listen. */
export interface RegistrationRequest {
  readonly service: string;
  readonly instance: string;
  /** Tried in this order; the first one that answers is registered. */
  readonly addresses: readonly string[];
  /** Everything but the address. */
  readonly scrape: Omit<InstanceInput, 'address' | 'instanceKey'>;
}

/** What the host says of itself. */
export interface HostFacts {
  readonly hostName: string;
  /** The first address under which other hosts reach this one, if there is any. */
  readonly routableAddress: string | undefined;
}

/**
 * Reads the options of `register`.
 *
 * @throws CliError `Usage` that names the option, its value and what is allowed
 */
export function readRegistrationRequest(input: CommandInput, facts: HostFacts): RegistrationRequest {
  const service = textOption(input, 'service');
  if (service === undefined) {
    throw usageError('--service says which service this is an instance of');
  }
  const addresses = readAddresses(input, facts);
  const scrape = readScrapeOptions(input);
  for (const address of addresses) {
    try {
      serializeInstance({ ...scrape, address });
    } catch (error) {
      throw usageError(messageOf(error), error);
    }
  }
  const instance = textOption(input, 'instance') ?? defaultInstance(addresses[0] ?? '', facts);
  for (const [option, name] of [
    ['--service', service],
    ['--instance', instance],
  ] as const) {
    const reason = explainInvalidName(name);
    if (reason !== undefined) {
      throw usageError(`${option}: ${reason}`);
    }
  }
  return { service, instance, addresses, scrape };
}

/** Asks the operating system. */
export function hostFacts(): HostFacts {
  return { hostName: hostname(), routableAddress: firstRoutableAddress(networkInterfaces()) };
}

/** A port alone leaves the host open: what answers under the routable address is preferred to loopback. */
function readAddresses(input: CommandInput, { routableAddress }: HostFacts): string[] {
  const address = textOption(input, 'address');
  const portText = textOption(input, 'port');
  if (address !== undefined) {
    if (portText !== undefined) {
      throw usageError('--address has a port already; give --address or --port');
    }
    return [address];
  }
  if (portText === undefined) {
    throw usageError('--port or --address says where the metrics are');
  }
  const port = parseWholeNumber('--port', portText, { min: 1, max: MAX_PORT });
  return [...(routableAddress === undefined ? [] : [routableAddress]), LOOPBACK].map((host) =>
    formatAddress({ host, port }),
  );
}

function defaultInstance(address: string, { hostName }: HostFacts): string {
  const isNameless = hostName === '' || /^localhost(\.|$)/i.test(hostName);
  return isNameless ? address : `${hostName}${address.slice(address.lastIndexOf(':'))}`;
}

function readScrapeOptions(input: CommandInput): RegistrationRequest['scrape'] {
  const scheme = textOption(input, 'scheme');
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    throw usageError(`--scheme "${scheme}": expected http or https`);
  }
  const retries = textOption(input, 'retries');
  const labels = listOption(input, 'label').map(readLabel);
  return {
    scheme,
    path: textOption(input, 'path'),
    interval: textOption(input, 'interval'),
    timeout: textOption(input, 'timeout'),
    retries: retries === undefined ? undefined : parseWholeNumber('--retries', retries, { min: 0, max: MAX_RETRIES }),
    labels: labels.length === 0 ? undefined : Object.fromEntries(labels),
  };
}

function readLabel(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 1) {
    throw usageError(`--label "${text}": expected name=value`);
  }
  return [text.slice(0, equals), text.slice(equals + 1)];
}
