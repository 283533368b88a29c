import type { Socket } from 'node:net';

/**
 * Resets a connection, or, while its end is on the way out, closes it. In that moment libuv refuses the reset, and Node
 * then keeps the handle for ever: no `close` comes, and at its exit the process spins for it (seen on Node 20.20).
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
