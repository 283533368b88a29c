import { fileURLToPath } from 'node:url';

/** The folder that holds `package.json` and `packages/`, without a trailing slash. */
export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
