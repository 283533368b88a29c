// Bundles the program into one file in `dist/bundle`, with its compiled code beside it, so that it starts from two files instead of
// several hundred. `bin/entry-point.js` decides whether the bundle is run, `bin/load-bundle.js` runs it.
//
// node packages/cli/scripts/bundle.mjs [--if-stale]
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

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
    outfile: join(newFolder, basename(bundlePath(packageFolder))),
    bundle: true,
    // The modules of a command are evaluated when it runs. Of an ES module no compiled code can be kept.
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    external: EXTERNAL,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
  writeFileSync(join(newFolder, 'THIRD-PARTY-NOTICES.txt'), notices(Object.keys(metafile.inputs)));
  rmSync(bundleFolder, { recursive: true, force: true });
  renameSync(newFolder, bundleFolder);
  // Compiled code names its file, so it is made where the bundle will be run.
  const writer = join(import.meta.dirname, 'write-code-cache.mjs');
  execFileSync(process.execPath, [writer, bundlePath(packageFolder)], { stdio: ['ignore', 'ignore', 'inherit'] });
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
