#!/usr/bin/env node
import { readFileSync } from 'node:fs';

/** The modules are loaded many at a time; with fewer files than this, that is what may fail. */
const ENOUGH_FILES = 256;

const maxOpenFiles = readMaxOpenFiles();
try {
  await import('../dist/main.js');
} catch (error) {
  // With too few files, a module may be said to be missing, too.
  if (error?.code !== 'EMFILE' && maxOpenFiles >= ENOUGH_FILES) throw error;
  process.stderr.write(
    `pulsekeeper-collector: only ${maxOpenFiles} files may be open at once, too few to load the program; ` +
      `allow ${ENOUGH_FILES} or more (ulimit -n, LimitNOFILE=)\n`,
  );
  process.exit(1);
}

/** The limit on open files of this process; infinite where the system does not tell. */
function readMaxOpenFiles() {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity);
  } catch {
    // Not Linux.
    return Infinity;
  }
}
