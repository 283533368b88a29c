import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { missingDependency } from '../../../scripts/bootstrap/dependencies.mjs';
import { isSupportedNode } from '../../../scripts/bootstrap/node-version.mjs';

describe('isSupportedNode', () => {
  for (const [version, isSupported] of [
    ['v18.20.0', false],
    ['v20.18.1', false],
    ['v20.19.0', true],
    ['v21.7.0', false],
    ['v22.11.0', false],
    ['v22.12.0', true],
    ['v24.4.0', true],
  ] as const) {
    it(`${isSupported ? 'takes' : 'refuses'} ${version}`, () => {
      expect(isSupportedNode(version)).to.equal(isSupported);
    });
  }
});

describe('missingDependency', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pulsekeeper-bootstrap-'));
    mkdirSync(join(root, 'node_modules'));
    lock('package-lock.json', {
      '': {},
      'packages/a': { version: '1.0.0' },
      'node_modules/a': { link: true },
      'node_modules/b': { version: '2.0.0' },
      'node_modules/other-platform': { version: '3.0.0', optional: true },
    });
  });

  afterEach(() => rmSync(root, { recursive: true }));

  function lock(path: string, packages: object): void {
    writeFileSync(join(root, path), JSON.stringify({ packages }));
  }

  it('finds nothing when all that is not optional is installed', () => {
    lock('node_modules/.package-lock.json', {
      'node_modules/a': { link: true },
      'node_modules/b': { version: '2.0.0' },
      'node_modules/left-over': { version: '1.0.0' },
    });
    expect(missingDependency(root)).to.equal(undefined);
  });

  it('names a package of another version', () => {
    lock('node_modules/.package-lock.json', {
      'node_modules/a': { link: true },
      'node_modules/b': { version: '1.9.0' },
    });
    expect(missingDependency(root)).to.equal('node_modules/b');
  });

  it('takes an install that did not finish as none', () => {
    writeFileSync(join(root, 'node_modules/.package-lock.json'), '{"pack');
    expect(missingDependency(root)).to.equal('node_modules');
  });
});
