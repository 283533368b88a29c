// Preloaded into the program that is measured: writes the CPU time of the process in ms to the file of CPU_USAGE_FILE.
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env['CPU_USAGE_FILE'] ?? '', String((user + system) / 1000));
});
