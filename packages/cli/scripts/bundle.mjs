// Bundles the program into `dist/bundle`, so that it starts from a few files instead of several hundred: that takes a
// third off the time of a short command. `bin/entry-point.js` decides whether the bundle is run.
//
// node packages/cli/scripts/bundle.mjs [--if-stale]
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { build } from 'esbuild';

import { bundlePath, entryPoint } from '../bin/entry-point.js';

const packageFolder = join(import.meta.dirname, '..');
const bundleFolder = dirname(bundlePath(packageFolder));
/** Only for people who trace what happens below the commands; it starts worker threads from files of its own. */
const EXTERNAL = ['pino'];

if (!process.argv.includes('--if-stale') || entryPoint(packageFolder) !== bundlePath(packageFolder)) {
  await bundle();
}

async function bundle() {
  const newFolder = `${bundleFolder}.${process.pid}`;
  const { metafile } = await build({
    absWorkingDir: packageFolder,
    entryPoints: ['dist/main.js'],
    outdir: newFolder,
    bundle: true,
    // One chunk a command, loaded when the command runs.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: EXTERNAL,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    // The CommonJS libraries among the inputs ask for Node's modules by `require`, which an ES module has not got.
    banner: {
      js: 'import { createRequire as createBundleRequire } from "node:module"; const require = createBundleRequire(import.meta.url);',
    },
  });
  writeFileSync(join(newFolder, 'THIRD-PARTY-NOTICES.txt'), notices(Object.keys(metafile.inputs)));
  rmSync(bundleFolder, { recursive: true, force: true });
  renameSync(newFolder, bundleFolder);
}

/**
 * The licences of the libraries that were bundled, as their authors ask for with every copy.
 *
 * @param {readonly string[]} inputs paths relative to the package
 */
function notices(inputs) {
  const folders = new Set(
    inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? []),
  );
  const texts = [...folders].sort().map((folder) => {
    const path = join(packageFolder, folder);
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const files = readdirSync(path).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    const written = files.map((file) => readFileSync(join(path, file), 'utf8').trim());
    return [`${name} ${version} (${license})`, ...written].join('\n\n');
  });
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
