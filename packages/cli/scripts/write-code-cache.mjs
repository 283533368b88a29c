// Runs a bundle as far as a `status` without servers gets, and writes the code that was compiled for that beside it: what nearly
// every command needs at its start.
//
// node packages/cli/scripts/write-code-cache.mjs BUNDLE
import { renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { codeCachePath, loadBundle } from '../bin/load-bundle.js';

const bundle = resolve(process.argv[2] ?? '');
// Nothing listens on port 1.
const away = ['--zookeeper', '127.0.0.1:1/x', '--redis', 'redis://127.0.0.1:1', '--connect-timeout', '100ms'];
process.argv = [process.execPath, bundle, 'status', ...away];

process.on('exit', () => {
  const path = codeCachePath(bundle);
  writeFileSync(`${path}.${process.pid}`, script.createCachedData());
  renameSync(`${path}.${process.pid}`, path);
  // That the servers are away is no failure here.
  process.exitCode = 0;
});
const script = loadBundle(bundle);
