// Compiles a package's assembly/*.as (AssemblyScript) into a module beside its sources. Run it after a change of the former:
//
//   node scripts/build-wasm.mjs exposition|store
//
// The compiler is fetched by npx when it is needed: it weighs 100 MB, which nobody who only builds the repository should pay.
// A unit test compares the hash of the sources with the one written here, so that the two cannot drift apart.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMPILER = 'assemblyscript@0.28.20';
const OPTIONS = ['--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];

/** By package: the entry among its sources, the module that is made, and its memory in pages of 64 KiB. */
const MODULES = {
  // The last region of the memory ends a few bytes into the ninth page.
  exposition: { entry: 'scan', target: 'src/scan-wasm.ts', memoryPages: '9' },
  store: { entry: 'columns', target: 'src/codec/columns-wasm.ts', memoryPages: '1' },
};

const name = process.argv[2] ?? '';
if (!Object.hasOwn(MODULES, name)) throw new Error(`name a package: ${Object.keys(MODULES).join(' or ')}`);
const { entry, target, memoryPages } = MODULES[name];
const home = new URL(`../packages/${name}/`, import.meta.url);
const sources = new URL('assembly/', home);
const folder = mkdtempSync(join(tmpdir(), 'wasm-'));
try {
  const hash = createHash('sha256');
  for (const file of readdirSync(sources).sort()) {
    const source = new URL(file, sources);
    hash.update(readFileSync(source));
    // The compiler insists on its own extension.
    copyFileSync(source, join(folder, file.replace(/\.as$/, '.ts')));
  }
  const memory = ['--initialMemory', memoryPages, '--maximumMemory', memoryPages];
  const files = [`${entry}.ts`, '--outFile', 'out.wasm'];
  const command = ['--yes', '--package', COMPILER, 'asc', ...files, ...memory, ...OPTIONS];
  execFileSync('npx', command, { cwd: folder, stdio: 'inherit' });
  const lines =
    readFileSync(join(folder, 'out.wasm'))
      .toString('base64')
      .match(/.{1,110}/g) ?? [];
  writeFileSync(new URL(target, home), moduleText(entry.toUpperCase(), hash.digest('hex'), lines));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function moduleText(prefix, sourceHash, lines) {
  const title = prefix[0] + prefix.slice(1).toLowerCase();
  return `// Made by scripts/build-wasm.mjs with ${COMPILER}. Not to be edited.

/** SHA-256 of the files of assembly/, in the order of their names, that this was compiled from. */
export const ${prefix}_SOURCE_SHA256 = '${sourceHash}';

/** The part of the WebAssembly interface that is used; the typings of Node 20 have none of it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** Compiles the module. @returns what it exports; \`undefined\` where there is no WebAssembly (\`node --jitless\`) */
export function instantiate${title}(imports: object): unknown {
  const { WebAssembly: api } = globalThis as unknown as { WebAssembly?: WebAssemblyApi };
  if (api === undefined) return undefined;
  return new api.Instance(new api.Module(Buffer.from(${prefix}_WASM, 'base64')), imports).exports;
}

/** The WebAssembly module, in base64. */
const ${prefix}_WASM =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
}
