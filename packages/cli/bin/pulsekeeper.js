#!/usr/bin/env node
import { pathToFileURL } from 'node:url';

import { entryPoint } from './entry-point.js';

await import(pathToFileURL(entryPoint(`${import.meta.dirname}/..`)).href);
