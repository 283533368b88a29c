// Packs every package that is published, installs the tarballs into an empty folder as a user does, and checks there that
// each loads by `import` and by `require`, that its types are found both ways, and that the programs start.
//
// npm run pack-check
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { repositoryRoot as root } from './bootstrap/repository-root.mjs';
import { runMain, setUp } from './bootstrap/set-up.mjs';
import { SetupError } from './bootstrap/setup-error.mjs';
import { runCaptured } from './packing/run-captured.mjs';
import { loadingScript, typeScriptConsumer } from './packing/consumers.mjs';

/** What no tarball holds: sources, tests, and what the compiler keeps for itself. */
const UNWANTED = /(^|\/)(src|test|bench)\/|\.tsbuildinfo$|\.test\./;

await runMain(async () => {
  await setUp({ servers: [] });
  const folder = mkdtempSync(join(tmpdir(), 'pulsekeeper-pack-'));
  try {
    const packages = publishedPackages();
    const tarballs = [];
    for (const { name, path } of packages) tarballs.push(await pack(name, path, folder));
    const consumer = join(folder, 'consumer');
    mkdirSync(consumer);
    writeFileSync(join(consumer, 'package.json'), '{"name":"consumer","private":true}\n');
    await expectGood('npm', ['install', '--no-audit', '--no-fund', ...tarballs], consumer);
    await checkLoading(packages, consumer);
    await checkTypes(packages, consumer);
    await checkPrograms(consumer);
    process.stdout.write(`${packages.length} packages install, load and run\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function publishedPackages() {
  return readdirSync(join(root, 'packages'))
    .map((folder) => ({ path: join(root, 'packages', folder), folder }))
    .map(({ path }) => ({ path, manifest: JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ path, manifest }) => ({ name: manifest.name, path }));
}

/**
 * @param {string} name
 * @param {string} path
 * @param {string} folder
 */
async function pack(name, path, folder) {
  const out = await expectGood('npm', ['pack', '--json', '--pack-destination', folder], path);
  // What the script of a package prints comes before the answer.
  const [{ filename, files }] = JSON.parse(out.slice(out.search(/^\[/m)));
  const unwanted = files.map((file) => file.path).filter((file) => UNWANTED.test(file));
  if (unwanted.length > 0) throw new SetupError(`${name} packs what nobody needs: ${unwanted.join(', ')}`);
  return join(folder, filename);
}

/**
 * @param {readonly { name: string }[]} packages
 * @param {string} consumer
 */
async function checkLoading(packages, consumer) {
  for (const { name } of packages) {
    const [imported, required] = [await load(name, 'import', consumer), await load(name, 'require', consumer)];
    if (imported !== required) {
      throw new SetupError(`${name} exports ${imported} by import and ${required} by require`);
    }
  }
}

/**
 * @param {string} name
 * @param {'import' | 'require'} way
 * @param {string} consumer
 */
async function load(name, way, consumer) {
  const path = join(consumer, `load.${way === 'import' ? 'mjs' : 'cjs'}`);
  writeFileSync(path, loadingScript(name, way));
  return (await expectGood(process.execPath, [path], consumer)).trim();
}

/**
 * @param {readonly { name: string }[]} packages
 * @param {string} consumer
 */
async function checkTypes(packages, consumer) {
  const files = typeScriptConsumer(
    packages.map(({ name }) => name),
    join(root, 'node_modules/@types'),
  );
  for (const [name, text] of Object.entries(files)) writeFileSync(join(consumer, name), text);
  await expectGood(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', consumer], consumer);
}

/** @param {string} consumer */
async function checkPrograms(consumer) {
  const bin = join(consumer, 'node_modules/.bin');
  const cli = join(bin, 'pulsekeeper');
  await expectGood(cli, ['--version'], consumer);
  await expectGood(cli, ['rules', 'schema'], consumer);
  await expectGood(join(bin, 'pulsekeeper-collector'), ['--help'], consumer);
  // Nothing listens on port 1: the program gets as far as looking for its servers, from the bundle.
  const away = ['--zookeeper', '127.0.0.1:1/x', '--redis', 'redis://127.0.0.1:1', '--connect-timeout', '1s'];
  const { code, err } = await runCaptured(cli, ['targets', ...away], consumer);
  if (code !== 3) throw new SetupError(`pulsekeeper without servers ended with ${code}, not 3: ${err}`);
  const { entryPoint } = await import(join(consumer, 'node_modules/@pulsekeeper/cli/bin/entry-point.js'));
  const entry = entryPoint(join(consumer, 'node_modules/@pulsekeeper/cli'));
  if (!entry.endsWith('dist/bundle/main.cjs')) throw new SetupError(`the installed pulsekeeper runs ${entry}`);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
async function expectGood(command, args, cwd) {
  const { code, out, err } = await runCaptured(command, args, cwd);
  if (code !== 0) throw new SetupError(`${command} ${args.join(' ')} ended with ${code}:\n${out}${err}`);
  return out;
}
