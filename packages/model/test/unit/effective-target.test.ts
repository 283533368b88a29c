import { expect } from 'chai';
import {
  DEFAULT_SCRAPE_RULE,
  effectiveTarget,
  NO_CLUSTER_DEFAULTS,
  parseClusterDefaults,
  parseInstance,
  parseServiceRule,
  targetId,
  type Parsed,
  type Target,
} from '../../src/index.ts';

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

function valueOf<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) {
    throw new Error(parsed.reason);
  }
  return parsed.value;
}

function resolve(cluster: object, service: object, instance: object): Parsed<Target> {
  const layers = {
    id: targetId('web', 'web-1'),
    defaults: valueOf(parseClusterDefaults(encode(cluster))),
    service: valueOf(parseServiceRule(encode(service))),
    instance: valueOf(parseInstance(encode({ address: '10.0.0.7:9100', ...instance }))),
  };
  return effectiveTarget(layers, { withOrigins: true });
}

describe('effectiveTarget', () => {
  it('gives instances of one service that set the same one rule, and others their own', () => {
    const service = valueOf(parseServiceRule(encode({ interval: '30s' })));
    const defaults = NO_CLUSTER_DEFAULTS;
    const [open, bounded] = [defaults, valueOf(parseClusterDefaults(encode({ bounds: { min_interval: '20s' } })))];
    const ruleOf = (cluster: typeof defaults, fields: object): Target['rule'] => {
      const instance = valueOf(parseInstance(encode({ address: '10.0.0.7:9100', ...fields })));
      return valueOf(effectiveTarget({ id: targetId('web', 'web-1'), defaults: cluster, service, instance })).rule;
    };
    const first = ruleOf(open, { interval: '10s' });
    expect(ruleOf(open, { interval: '10s', address: '10.0.0.8:1', instance_key: 'k' })).to.equal(first);
    expect(first.intervalMs).to.equal(10_000);
    expect(ruleOf(open, {}).intervalMs).to.equal(30_000);
    expect(ruleOf(open, { interval: '10s', retries: 2 })).to.include({ intervalMs: 10_000, retries: 2 });
    expect(ruleOf(open, { interval: '10s' })).to.include({ intervalMs: 10_000, retries: first.retries });
    expect(ruleOf(bounded, { interval: '10s' }).intervalMs).to.equal(20_000);
    expect({ ...ruleOf(bounded, { labels: { a: '1' } }).labels }).to.deep.equal({ a: '1' });
    expect({ ...ruleOf(bounded, { labels: { a: '2' } }).labels }).to.deep.equal({ a: '2' });
  });

  it('takes the built-in rule where nobody says anything', () => {
    const target = valueOf(resolve({}, {}, {}));
    expect(target).to.include({ id: 'web/web-1', service: 'web', instance: 'web-1' });
    expect(target.url).to.equal('http://10.0.0.7:9100/metrics');
    expect(target.rule).to.deep.equal(DEFAULT_SCRAPE_RULE);
    expect({ ...target.labels }).to.deep.equal({ service: 'web', instance: 'web-1' });
    expect(target.origins?.fields.intervalMs).to.deep.equal({ source: 'builtin' });
  });

  it('lets the instance win over the service, the service over the cluster', () => {
    const { rule, origins } = valueOf(
      resolve({ interval: '60s', timeout: '4s', retries: 4 }, { interval: '30s', timeout: '3s' }, { interval: '20s' }),
    );
    expect(rule).to.include({ intervalMs: 20_000, timeoutMs: 3000, retries: 4 });
    expect(origins?.fields).to.deep.include({
      intervalMs: { source: 'instance' },
      timeoutMs: { source: 'service' },
      retries: { source: 'cluster' },
      path: { source: 'builtin' },
    });
  });

  it('merges labels and parameters by name; an empty label value removes the label', () => {
    const { rule, labels, url, origins } = valueOf(
      resolve(
        { labels: { dc: 'eu', team: 'a' }, params: { a: '0', z: '9' } },
        { labels: { team: 'b', tier: '1', none: '' } },
        { labels: { dc: '' }, params: { a: ['1', 'x y&'] }, path: '/m', scheme: 'https' },
      ),
    );
    expect({ ...rule.labels }).to.deep.equal({ team: 'b', tier: '1' });
    expect({ ...labels }).to.deep.equal({ team: 'b', tier: '1', service: 'web', instance: 'web-1' });
    expect(url).to.equal('https://10.0.0.7:9100/m?a=1&a=x%20y%26&z=9');
    expect(Object.fromEntries(origins?.labels ?? [])).to.deep.equal({ team: 'service', tier: 'service' });
    expect(Object.fromEntries(origins?.params ?? [])).to.deep.equal({ a: 'instance', z: 'cluster' });
  });

  const clamps: readonly [string, object, object, Partial<Target['rule']>][] = [
    ['a short interval to the least', {}, { interval: '1ms' }, { intervalMs: 100, timeoutMs: 100 }],
    ['a long interval to the greatest', {}, { interval: '2h' }, { intervalMs: 3_600_000 }],
    [
      'the interval to the cluster’s own bounds',
      { bounds: { min_interval: '30s' } },
      { interval: '5s' },
      { intervalMs: 30_000 },
    ],
    ['a timeout to the interval', {}, { interval: '2s', timeout: '1m' }, { timeoutMs: 2000 }],
    ['the built-in timeout to the interval', {}, { interval: '5s' }, { timeoutMs: 5000 }],
    ['retries', {}, { retries: 100 }, { retries: 5 }],
    ['the body size', { bounds: { max_body_size: '1MB' } }, { body_size_limit: '1GB' }, { maxBodyBytes: 1_048_576 }],
    ['samples', {}, { sample_limit: 10_000_000 }, { sampleLimit: 500_000 }],
    ['labels', {}, { label_limit: 1000 }, { labelLimit: 64 }],
    ['label lengths', {}, { label_name_length_limit: 60_000 }, { labelNameLengthLimit: 256 }],
    ['label value lengths', {}, { label_value_length_limit: 60_000 }, { labelValueLengthLimit: 4096 }],
    ['the built-in limits, too', { bounds: { max_samples: 10 } }, {}, { sampleLimit: 10 }],
  ];
  for (const [title, cluster, instance, expected] of clamps) {
    it(`clamps ${title}`, () => {
      expect(valueOf(resolve(cluster, {}, instance)).rule).to.include(expected);
    });
  }

  it('tells what was clamped, from what, and who had said so', () => {
    const { origins } = valueOf(resolve({ retries: 9 }, {}, { interval: '1ms' }));
    expect(origins?.fields).to.deep.include({
      intervalMs: { source: 'instance', clampedFrom: 1 },
      timeoutMs: { source: 'builtin', clampedFrom: 10_000 },
      retries: { source: 'cluster', clampedFrom: 9 },
    });
  });

  it('tells what relabel_configs changed, and leaves the rest to the layers', () => {
    const steps = [
      { target_label: 'zone', replacement: 'eu' },
      { target_label: '__metrics_path__', replacement: '/m' },
      { target_label: '__param_module', replacement: 'http' },
      { target_label: '__scrape_interval__', replacement: '1ms' },
    ];
    const { origins, rule } = valueOf(
      resolve(
        { relabel_configs: steps },
        { labels: { team: 'a', zone: 'us' } },
        { params: { target: ['x'] }, interval: '5s', timeout: '4s', retries: 3 },
      ),
    );
    expect(rule).to.include({ path: '/m', intervalMs: 100, timeoutMs: 100 });
    expect(origins?.fields).to.deep.include({
      path: { source: 'relabel' },
      labels: { source: 'relabel' },
      params: { source: 'relabel' },
      intervalMs: { source: 'relabel', clampedFrom: 1 },
      timeoutMs: { source: 'instance', clampedFrom: 4000 },
      retries: { source: 'instance' },
      scheme: { source: 'builtin' },
    });
    expect(Object.fromEntries(origins?.labels ?? [])).to.deep.equal({ team: 'service', zone: 'relabel' });
    expect(Object.fromEntries(origins?.params ?? [])).to.deep.equal({ module: 'relabel', target: 'instance' });
  });

  it('takes relabel_configs that change nothing of a rule for no source of it', () => {
    const steps = [{ target_label: '__tmp', replacement: 'x' }];
    const { origins } = valueOf(resolve({ relabel_configs: steps }, { labels: { a: '1' } }, { interval: '5s' }));
    expect(origins?.fields).to.deep.include({
      intervalMs: { source: 'instance' },
      labels: { source: 'service' },
      relabel: { source: 'cluster' },
    });
  });

  it('lets an instance ask for less than the limits', () => {
    expect(valueOf(resolve({}, {}, { sample_limit: 7, body_size_limit: 8 })).rule).to.include({
      sampleLimit: 7,
      maxBodyBytes: 8,
    });
  });

  it('refuses more labels than the cluster allows', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`a${index}`, '1']));
    const more = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`b${index}`, '1']));
    const parsed = resolve({}, { labels: many }, { labels: more });
    expect(parsed).to.deep.equal({
      ok: false,
      reason: 'labels is 80 labels after merging cluster, service and instance; allowed: at most 64',
    });
  });

  it('leaves origins out unless asked', () => {
    const instance = valueOf(parseInstance(encode({ address: 'h:1' })));
    const layers = { id: targetId('s', 'i'), defaults: NO_CLUSTER_DEFAULTS, service: {}, instance };
    expect(valueOf(effectiveTarget(layers))).not.to.have.property('origins');
  });
});
