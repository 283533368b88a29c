/**
 * The process behind `startLedgerTargets`: targets that write down every request. Target `n` answers on
 * `/t/<n>/metrics` of the shared address and on `/metrics` of its own loopback address.
 *
 * Control, on the shared address: `GET /ledger` (all pages), `GET /ledger/<n>`, `POST /t/<n>/behaviour` (a `LedgerBehaviour`),
 * `POST /behaviour` (for all).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import type { LedgerBehaviour, LedgerEntry, LedgerPage } from './ledger-behaviour.ts';
import { loopbackAddress } from './loopback-address.ts';
import { resetSocket } from './reset-socket.ts';

interface LedgerTarget extends LedgerPage {
  behaviour: LedgerBehaviour;
}

const options = JSON.parse(process.argv[2] ?? '{}') as {
  count: number;
  series: number;
  host: string;
  port: number;
  hasOwnAddresses: boolean;
};
const targets: LedgerTarget[] = Array.from({ length: options.count }, () => ({
  served: 0,
  entries: [],
  behaviour: { kind: 'serve' },
}));

await listen(options.host, (request, response) => {
  const [, index, rest] = /^\/t\/(\d+)\/(\w+)/.exec(request.url ?? '') ?? [];
  if (index !== undefined && rest === 'metrics') scrape(Number(index), response);
  else void control(request, response);
});
for (let index = 0; options.hasOwnAddresses && index < options.count; index += 1) {
  await listen(loopbackAddress(2, index), (_request, response) => scrape(index, response));
}
process.stdout.write('ready\n');

function scrape(index: number, response: ServerResponse): void {
  const target = targets[index];
  if (target === undefined) {
    response.writeHead(404).end();
    return;
  }
  const entry: LedgerEntry = { ms: Date.now(), outcome: 'served', number: 0 };
  target.entries.push(entry);
  const behaviour = nextBehaviour(target);
  switch (behaviour.kind) {
    case 'hang':
      entry.outcome = 'hang';
      return;
    case 'reset':
      entry.outcome = 'reset';
      if (response.socket !== null) resetSocket(response.socket);
      return;
    case 'status': {
      entry.outcome = 'status';
      const after = behaviour.retryAfterSeconds;
      response.writeHead(behaviour.status, after === undefined ? {} : { 'Retry-After': `${after}` }).end();
      return;
    }
    case 'slow':
      setTimeout(() => serve(index, target, entry, response), behaviour.delayMs);
      return;
    case 'body':
      serve(index, target, entry, response, behaviour);
      return;
    case 'serve':
      serve(index, target, entry, response);
  }
}

function serve(
  index: number,
  target: LedgerTarget,
  entry: LedgerEntry,
  response: ServerResponse,
  instead?: { body: string; contentType?: string | undefined },
): void {
  if (response.destroyed) {
    entry.outcome = 'reset'; // The scraper gave up while we were slow.
    return;
  }
  target.served += 1;
  entry.number = target.served;
  let body = `# TYPE ledger_target gauge\nledger_target ${index}\n`;
  body += `# TYPE ledger_scrapes counter\nledger_scrapes_total ${target.served}\n`;
  body += `# TYPE ledger_served_milliseconds gauge\nledger_served_milliseconds ${entry.ms}\n`;
  for (let series = 3; series < options.series; series += 1) {
    body += `ledger_filler{index="${series}"} ${target.served * 1_000 + series}\n`;
  }
  response
    .writeHead(200, { 'Content-Type': instead?.contentType ?? 'text/plain; version=0.0.4; charset=utf-8' })
    .end(instead?.body ?? body);
}

/** The behaviour for this request; one that was ordered for a number of times runs out. */
function nextBehaviour(target: LedgerTarget): LedgerBehaviour {
  const { behaviour } = target;
  if (behaviour.kind === 'serve' || behaviour.times === undefined) return behaviour;
  target.behaviour = behaviour.times > 1 ? { ...behaviour, times: behaviour.times - 1 } : { kind: 'serve' };
  return behaviour.times > 0 ? behaviour : { kind: 'serve' };
}

async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '/';
  const [, index] = /(?:ledger|t)\/(\d+)/.exec(path) ?? [];
  const chosen = index === undefined ? targets : targets.slice(Number(index), Number(index) + 1);
  if (request.method === 'POST' && path.endsWith('/behaviour')) {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
    for (const target of chosen) target.behaviour = JSON.parse(text) as LedgerBehaviour;
  }
  const pages: LedgerPage[] = chosen.map(({ served, entries }) => ({ served, entries }));
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(pages));
}

async function listen(
  host: string,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<void> {
  const server = createServer({ keepAliveTimeout: 120_000 }, handler);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: options.port }, resolve);
  });
}
