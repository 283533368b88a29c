import { SetupError } from './setup-error.mjs';

/**
 * Whether a Node.js version is one that Pulsekeeper runs on: the `engines` of package.json.
 *
 * @param {string} version such as `v20.19.0`
 */
export function isSupportedNode(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
}

/** Throws a `SetupError` on a Node.js that is too old. */
export function ensureNodeVersion() {
  if (isSupportedNode(process.version)) return;
  throw new SetupError(`Node.js ${process.version} is too old: Pulsekeeper needs 20.19 or later, or 22.12 or later.`);
}
