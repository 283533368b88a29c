/** Something on this machine keeps the set-up from going on; the message says what, and what to do about it. */
export class SetupError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'SetupError';
  }
}
