import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { missingDependency } from '../../../scripts/bootstrap/dependencies.mjs';
import { isSupportedNode } from '../../../scripts/bootstrap/node-version.mjs';
import { tooOldRedis } from '../../../scripts/bootstrap/redis-version.mjs';

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

describe('tooOldRedis', () => {
  for (const [output, isTooOld] of [
    ['Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=a3fdef44459b3ad6', true],
    ['Redis server v=5.0.14 sha=00000000:0', true],
    ['Redis server v=6.2.0 sha=00000000:0', false],
    ['Redis server v=7.0.15 sha=00000000:0', false],
    ['Redis server v=10.1.0 sha=00000000:0', false],
    ['Valkey server v=8.0.1 sha=00000000:0', false],
    ['', false],
  ] as const) {
    it(`${isTooOld ? 'refuses' : 'takes'} "${output.slice(0, 24)}"`, () => {
      const reason = tooOldRedis(output);
      if (isTooOld) expect(reason).to.match(/^Redis [56]\.0\.\d+; .* 6\.2.*\n.*PULSEKEEPER_REDIS_SERVER/);
      else expect(reason).to.equal(undefined);
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
