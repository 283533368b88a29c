import { CODES_KNOWN_TO_LIBRARY } from './client-library.ts';

// A reply frame: length (4), xid (4), zxid (8), error code (4), payload.
const ERROR_CODE_OFFSET = 16;
const SYSTEM_ERROR = -1;

/**
 * Reads the error code of a reply frame, and replaces one that the client library does not know (a quota's
 * −125, say) by SystemError in the frame: the library would throw in its data handler, and the caller would
 * never hear of it.
 *
 * @returns the code that the server sent; 0 for a frame that is too short to hold one.
 */
export function takeReplyCode(frame: Buffer): number {
  if (frame.length < ERROR_CODE_OFFSET + 4) return 0;
  const code = frame.readInt32BE(ERROR_CODE_OFFSET);
  if (!CODES_KNOWN_TO_LIBRARY.has(code)) frame.writeInt32BE(SYSTEM_ERROR, ERROR_CODE_OFFSET);
  return code;
}
