import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

/**
 * Where the compiled code of a bundle is kept.
 *
 * @param {string} bundle
 */
export function codeCachePath(bundle) {
  return `${bundle}.code-cache`;
}

/**
 * Runs a bundle, a CommonJS module, with the compiled code that the build put beside it: that takes a third off the time of a
 * short command. V8 refuses code that another version of it compiled, or of other flags; then the source is compiled as ever.
 *
 * @param {string} bundle an absolute path
 * @returns {Script} what was run
 */
export function loadBundle(bundle) {
  const source = `(function (module, exports, require, __filename, __dirname) {${readFileSync(bundle, 'utf8')}\n})`;
  const script = new Script(source, { filename: bundle, cachedData: readIfThere(codeCachePath(bundle)) });
  const module = { exports: {} };
  script.runInThisContext()(module, module.exports, createRequire(bundle), bundle, dirname(bundle));
  return script;
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
