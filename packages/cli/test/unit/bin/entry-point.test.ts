import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect } from 'chai';

import { entryPoint } from '../../../bin/entry-point.js';

describe('entryPoint', () => {
  let packages: string;

  beforeEach(() => {
    packages = mkdtempSync(join(tmpdir(), 'pulsekeeper-entry-'));
  });

  afterEach(() => rmSync(packages, { recursive: true, force: true }));

  it('runs the modules where there is no bundle', () => {
    expect(chosen()).to.equal('dist/main.js');
  });

  it('runs the bundle of a published package', () => {
    put('cli/dist/bundle/main.cjs', 10);
    expect(chosen()).to.equal('dist/bundle/main.cjs');
  });

  it('runs a bundle that is not older than what was compiled', () => {
    put('cli/dist/.tsbuildinfo', 10);
    put('store/dist/.tsbuildinfo', 9);
    put('cli/dist/bundle/main.cjs', 10);
    expect(chosen()).to.equal('dist/bundle/main.cjs');
  });

  for (const name of ['cli', 'hash-ring', 'model', 'registry', 'store', 'zk-session']) {
    it(`runs the modules after ${name} was compiled anew`, () => {
      put('cli/dist/bundle/main.cjs', 10);
      put(`${name}/dist/.tsbuildinfo`, 11);
      expect(chosen()).to.equal('dist/main.js');
    });
  }

  function chosen(): string {
    return entryPoint(join(packages, 'cli')).slice(join(packages, 'cli/').length);
  }

  function put(path: string, modifiedAtSeconds: number): void {
    const file = join(packages, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    utimesSync(file, modifiedAtSeconds, modifiedAtSeconds);
  }
});
