import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { codeCachePath, loadBundle } from '../../../bin/load-bundle.js';

describe('loadBundle', () => {
  let folder: string;
  let bundle: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pulsekeeper-bundle-'));
    bundle = join(folder, 'main.cjs');
    const source =
      'function heard() { return [__filename, typeof require("node:fs").statSync]; } globalThis.bundleRan = heard();';
    writeFileSync(bundle, source);
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    Reflect.deleteProperty(globalThis, 'bundleRan');
  });

  it('runs a bundle without compiled code', () => {
    expect(loadBundle(bundle).cachedDataRejected).to.equal(undefined);
    expectRan();
  });

  it('runs it with the code that was compiled before', () => {
    writeFileSync(codeCachePath(bundle), loadBundle(bundle).createCachedData());
    Reflect.deleteProperty(globalThis, 'bundleRan');
    expect(loadBundle(bundle).cachedDataRejected).to.equal(false);
    expectRan();
  });

  it('runs it where the compiled code is not for this V8', () => {
    writeFileSync(codeCachePath(bundle), 'compiled by another');
    expect(loadBundle(bundle).cachedDataRejected).to.equal(true);
    expectRan();
  });

  function expectRan(): void {
    expect(Reflect.get(globalThis, 'bundleRan')).to.deep.equal([bundle, 'function']);
  }
});
