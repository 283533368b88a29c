import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The groups, in the order in which they run. */
export const GROUPS = /** @type {const} */ (['unit', 'integration', 'e2e']);

/** @typedef {typeof GROUPS[number]} Group */

/**
 * The test files of a group: `unit` is every `test/unit`, `e2e` the rest of the top-level `test`, and `integration` all
 * other tests of packages, so that no file is left out for where it lies.
 *
 * @param {string} root
 * @param {Group} group
 * @param {readonly string[]} packages only these; all when empty
 * @returns {string[]} paths relative to `root`, sorted
 */
export function testFilesOf(root, group, packages = []) {
  const isUnit = (path) => /(^|\/)test\/unit\//.test(path);
  const ofCluster = packages.length > 0 ? [] : testFilesBelow(root, 'test');
  const names = readdirSync(join(root, 'packages')).filter((name) => packages.length === 0 || packages.includes(name));
  const ofPackages = names.sort().flatMap((name) => testFilesBelow(root, `packages/${name}/test`));
  switch (group) {
    case 'unit':
      return [...ofPackages, ...ofCluster].filter(isUnit);
    case 'integration':
      return ofPackages.filter((path) => !isUnit(path));
    case 'e2e':
      return ofCluster.filter((path) => !isUnit(path));
  }
}

/**
 * @param {string} root
 * @param {string} folder
 */
function testFilesBelow(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return paths
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => `${folder}/${path}`)
    .sort();
}
