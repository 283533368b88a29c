/** The session id as ZooKeeper's logs and four-letter words print it: `0x1000a2b3c4d0001`. */
export function formatSessionId(sessionId: bigint): string {
  return `0x${sessionId.toString(16)}`;
}
