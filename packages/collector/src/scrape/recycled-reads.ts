import { connect, Socket, type TcpNetConnectOpts } from 'node:net';

/** All reads of all connections go through this buffer, one after the other. */
const readBuffer = Buffer.allocUnsafeSlow(256 * 1024);

const HEAD_END = '\r\n\r\n';

/** Where the class of a status stands in `HTTP/1.1 200`, and the digit of an interim response. */
const STATUS_CLASS_AT = 9;
const INTERIM = 0x31;

/**
 * Opens a TCP connection whose reads take no memory of their own: what is read is a view of one buffer, good until the
 * `readable` event that tells of it returns. Whoever reads (an undici client) must be done with it by then, or copy it. A new
 * buffer for each read, as sockets do it, would be garbage outside of the heap by the megabyte.
 *
 * undici keeps views of a response's head until it is complete, so heads are copied.
 *
 * @param isReadingBody - Whether the head of the present response is complete.
 */
export function connectRecycled(options: TcpNetConnectOpts, isReadingBody: () => boolean): Socket {
  const chunks: Buffer[] = [];
  const onRead = (length: number): boolean => {
    const view = readBuffer.subarray(0, length);
    const headBytes = isReadingBody() ? 0 : headLength(view);
    if (headBytes > 0) chunks.push(Buffer.from(view.subarray(0, headBytes)));
    if (headBytes < length) chunks.push(view.subarray(headBytes));
    socket.emit('readable');
    // Nobody has listened: it waits, in memory of its own.
    for (const [index, chunk] of chunks.entries()) chunks[index] = Buffer.from(chunk);
    return true;
  };
  const socket = connect({ ...options, onread: { buffer: readBuffer, callback: onRead } });
  socket.read = (size?: number): unknown => chunks.shift() ?? Socket.prototype.read.call(socket, size);
  return socket;
}

/** Bytes at the start that may be part of a response's head: all, unless its end is here. */
function headLength(view: Buffer): number {
  const end = view.indexOf(HEAD_END);
  return end < 0 || view[STATUS_CLASS_AT] === INTERIM ? view.length : end + HEAD_END.length;
}
