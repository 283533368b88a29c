/**
 * The YAML library, loaded only by the commands that need it: `await import('…/yaml.ts')`. The names are picked here since a
 * bundler gives those of a CommonJS library to a static import alone.
 */
export { parse, stringify } from 'yaml';
