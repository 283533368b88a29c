// A whole ensemble down for a minute: how soon 1,000 registrations are back, and what observers saw meanwhile.
//
//   node --import tsx packages/registry/bench/outage.bench.ts [outageSeconds=60]
//
// Three real servers on this machine, killed with SIGKILL, started again after the outage; 10 sessions with 100
// registrations each, 3 observers. It does not show servers that come back one after the other, or with empty disks.
import { cpus } from 'node:os';
import { runOutage } from '../test/integration/outage-scenario.ts';

const outageMs = Number(process.argv[2] ?? 60) * 1000;
const report = await runOutage({ outageMs, registrations: 1000, sessions: 10, observers: 3, sessionTimeoutMs: 6000 });
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`);
console.log(
  `outage ${outageMs / 1000} s, session timeout 6 s, ${report.newSessions} of 10 sessions were new afterwards`,
);
console.log(`all 1,000 registrations back ${report.backMs.toFixed(0)} ms after the quorum served`);
console.log(
  `observers connected again after ${report.observersMs.toFixed(0)} ms; least targets shown: ${report.leastTargets}`,
);
