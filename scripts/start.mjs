// `npm start`: a local cluster in the foreground. Does the set-up of a fresh clone, then runs real ZooKeeper, real
// Redis, three collectors and demo services, and shows what they do until Ctrl-C.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { repositoryRoot } from './bootstrap/repository-root.mjs';
import { runMain, setUp } from './bootstrap/set-up.mjs';

const HELP = `Usage: npm start -- [options]

Runs a local cluster: ZooKeeper, Redis, collectors and demo services. Ctrl-C stops everything.

  --for DURATION     end by itself after a time such as 60s or 5m, and exit 0 only if no slot was missed (130: interrupted)
  --ensemble         three ZooKeeper servers instead of one
  --collectors N     how many collectors (default 3)
  --help             this text

PULSEKEEPER_ZOOKEEPER and PULSEKEEPER_REDIS make it use existing servers instead of its own.
All files are below .pulsekeeper/, or the folder that PULSEKEEPER_LOCAL_FOLDER names.
`;

const options = parseOptions(process.argv.slice(2));
if (options.kind === 'help') process.stdout.write(HELP);
else if (options.kind === 'wrong') {
  process.stderr.write(`pulsekeeper: ${options.reason}; see npm start -- --help\n`);
  process.exitCode = 2;
} else {
  await runMain(async () => {
    const own = [
      ...(process.env.PULSEKEEPER_ZOOKEEPER ? [] : ['zookeeper']),
      ...(process.env.PULSEKEEPER_REDIS ? [] : ['redis']),
    ];
    // These caches would be files outside of our folder.
    process.env.NODE_DISABLE_COMPILE_CACHE = '1';
    process.env.TSX_DISABLE_CACHE = '1';
    await setUp({ servers: own });
    const { register } = await import('tsx/esm/api');
    register();
    const { runLocalCluster } = await import('./local-cluster/run-local-cluster.ts');
    const folder = resolve(repositoryRoot, process.env.PULSEKEEPER_LOCAL_FOLDER || '.pulsekeeper');
    process.exitCode = await runLocalCluster(options.cluster, { root: repositoryRoot, folder });
  });
}

/** @param {string[]} args */
function parseOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        for: { type: 'string' },
        ensemble: { type: 'boolean', default: false },
        collectors: { type: 'string', default: '3' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const collectors = Number(values.collectors);
    if (!Number.isInteger(collectors) || collectors < 1 || collectors > 20) {
      return { kind: 'wrong', reason: `--collectors is "${values.collectors}": expected a number from 1 to 20` };
    }
    const runForMs = values.for === undefined ? undefined : durationMs(values.for);
    if (Number.isNaN(runForMs)) {
      return { kind: 'wrong', reason: `--for is "${values.for}": expected a time from 1s to 24h, such as 60s or 5m` };
    }
    return { kind: 'run', cluster: { ensemble: values.ensemble, collectors, runForMs } };
  } catch (error) {
    return { kind: 'wrong', reason: error.message.replace(/\. To specify.*$/s, '') };
  }
}

/** @param {string} text */
function durationMs(text) {
  const [, count, unit] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(count) * ({ s: 1_000, m: 60_000, h: 3_600_000 }[unit] ?? NaN);
  return ms >= 1_000 && ms <= 24 * 3_600_000 ? ms : NaN;
}
