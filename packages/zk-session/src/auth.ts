/** Credentials that a session shows to every server it connects to. */
export interface AuthInfo {
  /** `digest`, or the name of a server's own provider. */
  readonly scheme: string;
  /** For `digest`: `user:password`. */
  readonly credentials: string | Uint8Array;
}
