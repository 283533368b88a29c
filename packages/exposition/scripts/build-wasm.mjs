// Compiles assembly/*.as (AssemblyScript) into src/scan-wasm.ts. Run it after a change of the former:
//
//   node packages/exposition/scripts/build-wasm.mjs
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
/** 64 KiB each; the last region of the memory ends a few bytes into the ninth. */
const MEMORY_PAGES = '9';

const sources = new URL('../assembly/', import.meta.url);
const target = new URL('../src/scan-wasm.ts', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'scan-'));
try {
  const hash = createHash('sha256');
  for (const name of readdirSync(sources).sort()) {
    const source = new URL(name, sources);
    hash.update(readFileSync(source));
    // The compiler insists on its own extension.
    copyFileSync(source, join(folder, name.replace(/\.as$/, '.ts')));
  }
  const files = ['scan.ts', '--outFile', 'scan.wasm', '--initialMemory', MEMORY_PAGES, '--maximumMemory', MEMORY_PAGES];
  execFileSync('npx', ['--yes', '--package', COMPILER, 'asc', ...files, ...OPTIONS], { cwd: folder, stdio: 'inherit' });
  const lines =
    readFileSync(join(folder, 'scan.wasm'))
      .toString('base64')
      .match(/.{1,110}/g) ?? [];
  writeFileSync(
    target,
    `// Made by scripts/build-wasm.mjs with ${COMPILER}. Not to be edited.

/** SHA-256 of the files of assembly/, in the order of their names, that this was compiled from. */
export const SCAN_SOURCE_SHA256 = '${hash.digest('hex')}';

/** The WebAssembly module, in base64. */
export const SCAN_WASM =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
