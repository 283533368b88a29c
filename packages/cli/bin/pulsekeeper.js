#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { bundlePath, entryPoint } from './entry-point.js';
import { loadBundle } from './load-bundle.js';

const packageFolder = `${import.meta.dirname}/..`;
const [first, ...others] = process.argv.slice(2);
if ((first === '--version' || first === '-V') && others.length === 0) {
  // What installers and scripts ask for needs none of the code.
  const { version } = JSON.parse(readFileSync(`${packageFolder}/package.json`, 'utf8'));
  process.stdout.write(`${version}\n`);
} else {
  await run(entryPoint(packageFolder));
}

/** @param {string} entry */
async function run(entry) {
  if (entry === bundlePath(packageFolder)) {
    loadBundle(entry);
  } else {
    await import(pathToFileURL(entry).href);
  }
}
