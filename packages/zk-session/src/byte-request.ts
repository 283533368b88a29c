import type { SendRequest } from './connection.ts';

/** Of a reply: length (4), xid (4), zxid (8), error code (4). */
export const REPLY_HEADER_BYTES = 20;

/** Of a request: length (4), xid (4), type (4). */
const HEADER_BYTES = 12;
const LENGTH_BYTES = 4;
/** `delete`: of its reply the library reads nothing but the header. */
const TYPE_WITHOUT_PAYLOAD = 2;

/**
 * A request of a type that the client library does not know. It numbers the request and hands out the header of the reply in
 * its turn; the payload of the reply it passes over.
 */
export function byteRequest(type: number, payload: Buffer): SendRequest<[]> {
  return (client, callback) => {
    const header = { type: TYPE_WITHOUT_PAYLOAD, xid: 0 };
    const toBuffer = (): Buffer => {
      const head = Buffer.allocUnsafe(HEADER_BYTES);
      head.writeInt32BE(HEADER_BYTES - LENGTH_BYTES + payload.length, 0);
      head.writeInt32BE(header.xid, 4);
      head.writeInt32BE(type, 8);
      return Buffer.concat([head, payload]);
    };
    client.connectionManager.queue({ header, payload: null, toBuffer }, (error) => {
      if (error) callback(error);
      else callback(undefined);
    });
  };
}
