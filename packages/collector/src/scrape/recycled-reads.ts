import { connect, Socket, type TcpNetConnectOpts } from 'node:net';

/** All reads of all connections go through this buffer, one after the other. */
const readBuffer = Buffer.allocUnsafeSlow(256 * 1024);

const HEAD_END = '\r\n\r\n';

/** Where the class of a status stands in `HTTP/1.1 200`, and the digit of an interim response. */
const STATUS_CLASS_AT = 9;
const INTERIM = 0x31;

/** It has no fields, as a rule. */
const MOST_CONTINUE_BYTES = 1024;

/** The head of a `100 Continue`, which undici takes for an error where it did not ask for one. */
const CONTINUE_HEAD = /^HTTP\/1\.[01] 100[ \r][^]*?\r\n\r\n/;

/**
 * Opens a TCP connection whose reads take no memory of their own: what is read is a view of one buffer, good until the
 * `readable` event that tells of it returns. Whoever reads (an undici client) must be done with it by then, or copy it. A new
 * buffer for each read, as sockets do it, would be garbage outside of the heap by the megabyte.
 *
 * undici keeps views of a response's head until it is complete, so heads are copied. A `100 Continue` that nobody asked for, which
 * HTTP allows, is passed over where it comes in one piece.
 *
 * @param isReadingBody - Whether the head of the present response is complete.
 */
export function connectRecycled(options: TcpNetConnectOpts, isReadingBody: () => boolean): Socket {
  const chunks: Buffer[] = [];
  const onRead = (length: number): boolean => {
    const isBody = isReadingBody();
    const view = readBuffer.subarray(isBody ? 0 : continueLength(readBuffer, length), length);
    const headBytes = isBody ? 0 : headLength(view);
    if (headBytes > 0) chunks.push(Buffer.from(view.subarray(0, headBytes)));
    if (headBytes < view.length) chunks.push(view.subarray(headBytes));
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

/** Bytes at the start that are the head of a `100 Continue`. */
function continueLength(buffer: Buffer, length: number): number {
  if (buffer[STATUS_CLASS_AT] !== INTERIM) return 0;
  return CONTINUE_HEAD.exec(buffer.toString('latin1', 0, Math.min(length, MOST_CONTINUE_BYTES)))?.[0].length ?? 0;
}
