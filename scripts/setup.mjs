// Does all the set-up that a fresh clone needs: npm packages, build, ZooKeeper and Redis. Runs on a bare Node.js.
//
//   node scripts/setup.mjs [--no-servers]
import { runMain, setUp } from './bootstrap/set-up.mjs';

await runMain(async () => {
  await setUp(process.argv.includes('--no-servers') ? { servers: [] } : {});
});
