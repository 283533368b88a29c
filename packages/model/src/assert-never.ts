/**
 * Ends a `switch` over a union: compiles only when every case was handled.
 *
 * @throws TypeError at run time, when a value came from outside the types.
 */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value ${JSON.stringify(value)}`);
}
