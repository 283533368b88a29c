import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Which packages each package may import. Arrows only point down; `docs/architecture.md` draws them. */
const LAYERS = {
  model: [],
  exposition: [],
  'hash-ring': [],
  'zk-session': [],
  registry: ['model', 'zk-session'],
  store: ['model'],
  client: ['registry'],
  collector: ['model', 'exposition', 'hash-ring', 'zk-session', 'registry', 'store'],
  cli: ['model', 'zk-session', 'registry', 'store', 'hash-ring'],
  'test-support': [],
};

/** Libraries that exactly one package may import, so that their quirks stay in one place. */
const SOLE_IMPORTERS = { 'node-zookeeper-client': 'zk-session', ioredis: 'store' };

function forbiddenImports(packageName) {
  const allowed = LAYERS[packageName];
  const siblings = Object.keys(LAYERS).filter((name) => name !== packageName && !allowed.includes(name));
  const libraries = Object.keys(SOLE_IMPORTERS).filter((library) => SOLE_IMPORTERS[library] !== packageName);
  return [
    ...siblings.map((name) => ({ group: [`@pulsekeeper/${name}`], message: `${packageName} may not import ${name}.` })),
    ...libraries.map((library) => ({
      group: [library],
      message: `Only ${SOLE_IMPORTERS[library]} imports ${library}.`,
    })),
    { group: ['@pulsekeeper/*/*', '**/packages/*/src/**'], message: "Nothing reaches into a sibling's src/." },
  ];
}

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.pulsekeeper/**', 'coverage/**', '**/testdata/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: {
        project: ['packages/*/tsconfig.json', 'tsconfig.test.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    settings: {
      'import-x/resolver-next': [
        createTypeScriptImportResolver({ project: 'packages/*/tsconfig.json', noWarnOnMultipleProjects: true }),
      ],
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name each export.' },
        { selector: 'TSEnumDeclaration', message: 'Use an `as const` object.' },
      ],
      eqeqeq: 'error',
    },
  },
  ...Object.keys(LAYERS).map((name) => ({
    files: [`packages/${name}/src/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: forbiddenImports(name) }] },
  })),
  {
    files: ['**/test/**/*.ts', '**/bench/**/*.ts', 'scripts/**/*.ts', 'packages/test-support/**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
      },
    },
  },
);
