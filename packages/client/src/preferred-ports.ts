import { createHash } from 'node:crypto';

/** Above the ports that Linux hands out to connections by default (32768 to 60999): nobody is there by chance. */
const FIRST_PORT = 61_000;
const LAST_PORT = 65_535;
const CANDIDATES = 8;

/**
 * The ports that the metrics of a service are served on when none is given, in the order in which they are tried. They
 * depend on the service's name alone, so that an instance that is started again has its port, and with it its name, again;
 * several instances of a service on one host take one after the other.
 */
export function preferredPorts(service: string): number[] {
  const digest = createHash('sha256').update(service).digest();
  const range = LAST_PORT - FIRST_PORT + 1;
  const ports = Array.from({ length: CANDIDATES }, (_, index) => FIRST_PORT + (digest.readUInt32BE(4 * index) % range));
  return [...new Set(ports)];
}
