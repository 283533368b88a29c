import { expect } from 'chai';
import {
  DEFAULT_RULE_BOUNDS,
  effectiveBounds,
  NO_CLUSTER_DEFAULTS,
  parseClusterDefaults,
  parseServiceRule,
  ruleJsonSchema,
  type Parsed,
} from '../../src/index.ts';

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

function valueOf<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) {
    throw new Error(parsed.reason);
  }
  return parsed.value;
}

describe('parseClusterDefaults', () => {
  it('reads a rule and bounds', () => {
    const data = {
      interval: '30s',
      timeout: '5s',
      retries: 1,
      labels: { dc: 'eu' },
      honor_labels: true,
      honor_timestamps: false,
      retention: '7d',
      downsample: ['avg:5m:90d', 'max:1h:1y'],
      body_size_limit: '4MB',
      bounds: { min_interval: '1s', max_interval: '2h', max_retries: 3, max_body_size: 1024, max_labels: 32 },
    };
    const { rule, bounds } = valueOf(parseClusterDefaults(encode(data)));
    expect({ ...rule, labels: { ...rule.labels } }).to.deep.equal({
      intervalMs: 30_000,
      timeoutMs: 5000,
      retries: 1,
      labels: { dc: 'eu' },
      honorLabels: true,
      honorTimestamps: false,
      retentionMs: 604_800_000,
      downsample: [
        { aggregator: 'avg', bucketMs: 300_000, retentionMs: 7_776_000_000 },
        { aggregator: 'max', bucketMs: 3_600_000, retentionMs: 31_536_000_000 },
      ],
      maxBodyBytes: 4_194_304,
    });
    expect(effectiveBounds({ rule, bounds })).to.deep.equal({
      ...DEFAULT_RULE_BOUNDS,
      minIntervalMs: 1000,
      maxIntervalMs: 7_200_000,
      maxRetries: 3,
      maxBodyBytes: 1024,
      maxLabels: 32,
    });
  });

  for (const data of [new Uint8Array(), new TextEncoder().encode(' \n'), encode({}), encode({ bounds: {} })]) {
    it(`takes ${JSON.stringify(new TextDecoder().decode(data))} as nothing set`, () => {
      const defaults = valueOf(parseClusterDefaults(data));
      expect(defaults.rule).to.deep.equal({});
      expect(effectiveBounds(defaults)).to.deep.equal(effectiveBounds(NO_CLUSTER_DEFAULTS));
    });
  }

  const bad: readonly [unknown, string][] = [
    [{ bounds: [] }, 'bounds is a list of 0'],
    [{ bounds: null }, 'bounds is null'],
    [{ bounds: { min_interval: '1ms' } }, 'bounds.min_interval is "1ms"'],
    [
      { bounds: { min_interval: '2h' } },
      'bounds.min_interval is 2h; allowed: at most bounds.max_interval, which is 1h',
    ],
    [{ bounds: { max_interval: '50ms' } }, 'bounds.min_interval is 100ms'],
    [{ bounds: { max_retries: '5' } }, 'bounds.max_retries is "5"'],
    [{ honor_labels: 'true' }, 'honor_labels is "true"; allowed: true or false'],
    [{ honor_timestamps: 1 }, 'honor_timestamps is 1'],
    [{ retention: '1s' }, 'retention is "1s"'],
    [{ downsample: 'avg:5m:90d' }, 'downsample is "avg:5m:90d"'],
    [{ downsample: ['avg:5m:90d', 'avg:300s:90d'] }, 'different compactions'],
    [{ downsample: Array.from({ length: 9 }, (_, index) => `avg:${index + 1}m:90d`) }, 'a list of 9'],
    [{ downsample: ['median:5m:90d'] }, 'downsample: an entry is "median:5m:90d"'],
    [{ downsample: ['avg:5m'] }, 'downsample: an entry is "avg:5m"'],
    [{ downsample: ['avg:5m:1m'] }, 'downsample: an entry is "avg:5m:1m"'],
    [{ downsample: ['avg:500ms:1d'] }, 'downsample: an entry is "avg:500ms:1d"'],
    [{ downsample: [5] }, 'downsample: an entry is 5'],
    [{ labels: { service: 'x' } }, 'labels: a name is "service"'],
  ];
  for (const [data, reason] of bad) {
    it(`refuses ${JSON.stringify(data)}`, () => {
      const parsed = parseClusterDefaults(encode(data));
      expect(parsed.ok ? '' : parsed.reason).to.include(reason);
    });
  }
});

describe('parseServiceRule', () => {
  it('reads sizes in bytes and in words', () => {
    expect(valueOf(parseServiceRule(encode({ body_size_limit: 5 })))).to.deep.equal({ maxBodyBytes: 5 });
    expect(valueOf(parseServiceRule(encode({ body_size_limit: '5KiB' })))).to.deep.equal({ maxBodyBytes: 5120 });
  });

  it('takes one value or a list for a parameter', () => {
    const { params } = valueOf(parseServiceRule(encode({ params: { module: 'http_2xx', target: ['a', 'b'] } })));
    expect({ ...params }).to.deep.equal({ module: ['http_2xx'], target: ['a', 'b'] });
  });

  it('skips unknown fields, as collectors must', () => {
    expect(valueOf(parseServiceRule(encode({ intervall: '5s', address: 'h:1', retries: 0 })))).to.deep.equal({
      retries: 0,
    });
  });

  it('refuses unknown fields where asked to, naming the known ones', () => {
    const parsed = parseServiceRule(encode({ intervall: '5s' }), { unknownFields: 'refuse' });
    expect(parsed.ok ? '' : parsed.reason).to.match(
      /^a field is "intervall"; allowed: scheme, path, params, interval, /,
    );
    const inBounds = parseClusterDefaults(encode({ bounds: { minInterval: '5s' } }), { unknownFields: 'refuse' });
    expect(inBounds.ok ? '' : inBounds.reason).to.match(/^a field is "minInterval"; allowed: min_interval, /);
  });

  it('turns minus zero into zero', () => {
    expect(Object.is(valueOf(parseServiceRule(new TextEncoder().encode('{"retries":-0}'))).retries, 0)).to.equal(true);
  });
});

describe('ruleJsonSchema', () => {
  it('describes every field of the rule and the bounds', () => {
    const service = ruleJsonSchema('service')['properties'] as Record<string, { description: string }>;
    const defaults = ruleJsonSchema('defaults')['properties'] as Record<string, unknown>;
    expect(Object.keys(service)).to.include.members(['interval', 'honor_labels', 'retention', 'label_limit']);
    expect(service['interval']).to.include({ type: 'string' });
    expect(service['retries']).to.deep.include({ type: 'integer', minimum: 0, maximum: 100 });
    expect(Object.keys(defaults)).to.have.members([
      ...Object.keys(service).filter((name) => name !== 'source'),
      'bounds',
    ]);
    expect(Object.values(service).every(({ description }) => description !== '')).to.equal(true);
  });
});
