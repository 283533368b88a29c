import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import ts from 'typescript';

import { codeBlocks, type CodeBlock } from './code-blocks.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A block that shows only a part of a program is fenced with ```ts fragment. */
const isWhole = ({ flags }: CodeBlock): boolean => !flags.includes('fragment');

function markdownFiles(): string[] {
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/README.md`);
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`);
  return ['README.md', ...packages, ...docs].filter((path) => ts.sys.fileExists(join(ROOT, path)));
}

/** Checks the types of all blocks in one go; each is a module beside package.json, so that imports resolve as a user's. */
function typeErrors(blocks: readonly CodeBlock[]): Map<CodeBlock, string[]> {
  const paths = new Map(
    blocks.map((block, index) => [
      join(ROOT, `readme-block-${index}.${block.language === 'ts' ? 'mts' : 'mjs'}`),
      block,
    ]),
  );
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    strict: true,
    noEmit: true,
    allowJs: true,
    checkJs: true,
    skipLibCheck: true,
  };
  const real = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...real,
    fileExists: (path) => paths.has(path) || real.fileExists(path),
    readFile: (path) => paths.get(path)?.code ?? real.readFile(path),
    getSourceFile: (path, languageVersion, ...rest) => {
      const block = paths.get(path);
      if (block === undefined) return real.getSourceFile(path, languageVersion, ...rest);
      // `export {}` makes a module of a block without imports, so that names of blocks do not meet.
      return ts.createSourceFile(path, `${block.code}\nexport {};`, languageVersion, true);
    },
  };
  const program = ts.createProgram([...paths.keys()], options, host);
  const errors = new Map<CodeBlock, string[]>(blocks.map((block) => [block, []]));
  for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
    const block = paths.get(diagnostic.file?.fileName ?? '');
    if (block === undefined) continue;
    const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    errors.get(block)?.push(`${block.file}:${block.line + 1 + line}: ${text}`);
  }
  return errors;
}

describe('the code in the documentation', function () {
  this.timeout(60_000);
  const files = markdownFiles();
  const blocks = files
    .flatMap((file) => codeBlocks(file, readFileSync(join(ROOT, file), 'utf8')))
    .filter((block) => ['ts', 'js', 'mjs'].includes(block.language) && isWhole(block));

  it('compiles against the packages as they are', () => {
    const errors = [...typeErrors(blocks).values()].flat();
    expect(errors, errors.join('\n')).to.deep.equal([]);
  });

  it('is JSON where it says so', () => {
    for (const file of files) {
      for (const block of codeBlocks(file, readFileSync(join(ROOT, file), 'utf8'))) {
        if (block.language === 'json' && isWhole(block)) JSON.parse(block.code);
      }
    }
  });
});
