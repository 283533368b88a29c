/**
 * A program that loads a package and prints the names of its exports.
 *
 * @param {string} name
 * @param {'import' | 'require'} way
 */
export function loadingScript(name, way) {
  const load = way === 'import' ? `await import('${name}')` : `require('${name}')`;
  // What Node adds for the sake of CommonJS is no export of the package.
  return `const names = Object.keys(${load}).filter((key) => key !== '__esModule' && key !== 'module.exports');
if (names.length === 0) throw new Error('nothing is exported');
console.log(names.sort().join(' '));
`;
}

/**
 * The files of a TypeScript project that uses the packages from an ES module and from a CommonJS one.
 *
 * @param {readonly string[]} names
 * @param {string} typeRoot where the types of Node are
 * @returns {Record<string, string>}
 */
export function typeScriptConsumer(names, typeRoot) {
  const uses = names.map((name, index) => `import * as package${index} from '${name}';`);
  // A package without types would be `any`, which has every field.
  const checks = names.map(
    (_, index) => `export const check${index}: 'nothing' extends keyof typeof package${index} ? false : true = true;`,
  );
  const text = `${[...uses, ...checks].join('\n')}\n`;
  const options = {
    module: 'nodenext',
    target: 'es2023',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    typeRoots: [typeRoot],
    types: ['node'],
  };
  return {
    'uses.mts': text,
    'uses.cts': text,
    'tsconfig.json': JSON.stringify({ compilerOptions: options, files: ['uses.mts', 'uses.cts'] }),
  };
}
