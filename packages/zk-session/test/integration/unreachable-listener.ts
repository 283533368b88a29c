import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually, registerCleanup } from '@pulsekeeper/test-support';

/** Listens with the shortest queue there is, and never comes to accept anybody. */
const PROGRAM = `
  const server = require('node:net').createServer();
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    require('node:fs').writeSync(1, server.address().port + '\\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** A port that TCP handshakes are begun with, and never completed. */
export interface UnreachableListener {
  readonly port: number;
  /** Whether the queue is full, so that the kernel drops whatever else comes, as a host that is gone does. */
  isFull(): boolean;
}

/** Starts a listener whose queue of connections is full: the kernel answers no further SYN. */
export async function startUnreachableListener(): Promise<UnreachableListener> {
  const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
  const fillers: Socket[] = [];
  registerCleanup({
    name: 'unreachable listener',
    run: async () => {
      for (const filler of fillers) filler.destroy();
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const port = Number(line);
  const isFull = (): boolean => fillers.some(({ connecting }) => connecting);
  await eventually(async () => {
    const filler = connect(port, '127.0.0.1').on('error', () => undefined);
    fillers.push(filler);
    // On loopback a handshake that is answered takes no time.
    await Promise.race([once(filler, 'connect'), sleep(100)]);
    return isFull();
  });
  return { port, isFull };
}
