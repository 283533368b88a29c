import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import * as model from '../../src/index.ts';

describe('README', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

  it('has an example that uses what the package exports', () => {
    const names = /import \{ ([^}]+) \} from '@pulsekeeper\/model'/.exec(readme)?.[1]?.split(', ') ?? [];
    expect(names).not.to.be.empty;
    expect(Object.keys(model)).to.include.members(names);
  });

  it('lists only functions and values that exist', () => {
    const types = ['Logger', 'Clock', 'ScrapeReport'];
    const table = readme.slice(readme.indexOf('## What is in it'), readme.indexOf('Errors extend'));
    const names = [...table.matchAll(/`(\w+)`/g)].map((match) => match[1]!).filter((name) => !types.includes(name));
    expect(Object.keys(model)).to.include.members(names);
  });

  it('has an example that runs', () => {
    const { effectiveTarget, NO_CLUSTER_DEFAULTS, parseInstance, phaseMs, slotAfter, targetId } = model;
    const id = targetId('web', 'web-1');
    const instance = parseInstance(new TextEncoder().encode('{"address":"10.0.0.7:9100","interval":"5s"}'));
    expect(instance.ok).to.equal(true);
    if (instance.ok) {
      const layers = { id, defaults: NO_CLUSTER_DEFAULTS, service: {}, instance: instance.value };
      const target = effectiveTarget(layers, { withOrigins: true });
      expect(target.ok && target.value.url).to.equal('http://10.0.0.7:9100/metrics');
      expect(slotAfter(10_000, 5000, phaseMs(id, 5000))).to.be.within(10_001, 15_000);
    }
  });
});
