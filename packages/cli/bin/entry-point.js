import { statSync } from 'node:fs';
import { join } from 'node:path';

/** The packages whose code is in the bundle; in a checkout and in `node_modules` they lie side by side. */
const BUNDLED_PACKAGES = ['cli', 'hash-ring', 'model', 'registry', 'store', 'zk-session'];

/** @param {string} packageFolder the folder of `@pulsekeeper/cli` */
export function bundlePath(packageFolder) {
  return join(packageFolder, 'dist/bundle/main.cjs');
}

/**
 * The file to run: the bundle, which starts sooner, unless it is missing or one of the packages was compiled since it was
 * made. Published packages hold no `.tsbuildinfo`, so there the bundle is always run.
 *
 * @param {string} packageFolder the folder of `@pulsekeeper/cli`
 * @returns {string} an absolute path
 */
export function entryPoint(packageFolder) {
  const bundledAtMs = modifiedAtMs(bundlePath(packageFolder));
  const compiledAtMs = BUNDLED_PACKAGES.map(
    (name) => modifiedAtMs(join(packageFolder, '..', name, 'dist/.tsbuildinfo')) ?? 0,
  );
  const isFresh = bundledAtMs !== undefined && bundledAtMs >= Math.max(...compiledAtMs);
  return isFresh ? bundlePath(packageFolder) : join(packageFolder, 'dist/main.js');
}

/** @param {string} path */
function modifiedAtMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
