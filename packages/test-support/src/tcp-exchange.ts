import { connect } from 'node:net';

/**
 * Opens a connection to loopback, sends `text`, and collects the answer until `isComplete` says so or the server closes.
 * Rejects on a refused connection and after `timeoutMs`.
 */
export async function tcpExchange(
  port: number,
  text: string,
  isComplete: (answer: string) => boolean = () => false,
  timeoutMs = 1_000,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer on port ${port} in ${timeoutMs} ms`)));
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.write(text));
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (isComplete(answer)) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}
