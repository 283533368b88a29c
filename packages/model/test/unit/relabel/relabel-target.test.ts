import { expect } from 'chai';

import {
  effectiveTarget,
  parseClusterDefaults,
  parseInstance,
  parseServiceRule,
  targetId,
  type Parsed,
  type Target,
} from '../../../src/index.ts';

const INSTANCE = { address: '10.0.0.7:9100', labels: { team: 'storage', zone: 'eu-1' }, params: { a: ['1', '2'] } };

function parsed<T>(read: (data: Uint8Array) => Parsed<T>, fields: unknown): T {
  const result = read(Buffer.from(JSON.stringify(fields)));
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

function target(steps: unknown, more: { instance?: object; service?: object; defaults?: object } = {}): Parsed<Target> {
  return effectiveTarget({
    id: targetId('web', 'web-1'),
    defaults: parsed(parseClusterDefaults, more.defaults ?? {}),
    service: parsed(parseServiceRule, { ...(steps === undefined ? {} : { relabel_configs: steps }), ...more.service }),
    instance: parsed(parseInstance, { ...INSTANCE, ...more.instance }),
  });
}

function kept(steps: unknown, more: Parameters<typeof target>[1] = {}): Target {
  const result = target(steps, more);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

describe('relabelling a target', () => {
  it('changes and adds labels', () => {
    const { labels, rule } = kept([
      { source_labels: ['zone'], regex: '(..)-(.)', target_label: 'region', replacement: '$1' },
      { action: 'labeldrop', regex: 'zone' },
      { source_labels: ['__address__'], regex: '(.*):.*', target_label: 'host' },
    ]);
    const expected = { team: 'storage', region: 'eu', host: '10.0.0.7' };
    expect({ ...rule.labels }).to.deep.equal(expected);
    expect({ ...labels }).to.deep.equal({ ...expected, service: 'web', instance: 'web-1' });
  });

  it('changes where and how it is scraped', () => {
    const { url, rule } = kept([
      { source_labels: ['__address__'], regex: '(.*):9100', target_label: '__address__', replacement: '$1:9443' },
      { target_label: '__scheme__', replacement: 'https' },
      { target_label: '__metrics_path__', replacement: '/probe' },
      { target_label: '__param_a', replacement: 'x' },
      { source_labels: ['team'], target_label: '__param_module' },
      { target_label: '__scrape_interval__', replacement: '30s' },
      { target_label: '__scrape_timeout__', replacement: '3s' },
    ]);
    expect(url).to.equal('https://10.0.0.7:9443/probe?a=x&a=2&module=storage');
    expect(rule).to.include({ intervalMs: 30_000, timeoutMs: 3_000, scheme: 'https', path: '/probe' });
  });

  it('leaves a parameter alone whose label is removed', () => {
    expect(kept([{ action: 'labeldrop', regex: '__param_a' }]).url).to.equal('http://10.0.0.7:9100/metrics?a=1&a=2');
  });

  it('leaves no label that begins with two underscores', () => {
    const { labels } = kept([{ source_labels: ['team'], target_label: '__tmp_x' }]);
    expect(Object.keys(labels).sort()).to.deep.equal(['instance', 'service', 'team', 'zone']);
  });

  it('never changes who the target is', () => {
    const steps = [
      { action: 'labelmap', regex: 'team', replacement: 'service' },
      { source_labels: ['team'], regex: '.*', target_label: 'inst$1', replacement: 'x' },
      { action: 'labelmap', regex: 'team', replacement: 'collector' },
      { action: 'labeldrop', regex: 'instance' },
    ];
    expect(kept(steps).labels).to.include({ service: 'web', instance: 'web-1' });
    expect(kept(steps).labels).not.to.have.property('collector');
    expect(kept(steps).id).to.equal('web/web-1');
  });

  it('sees the identity as meta labels', () => {
    const { labels } = kept([{ action: 'labelmap', regex: '__meta_pulsekeeper_(.*)', replacement: 'my_$1' }]);
    expect(labels).to.include({ my_service: 'web', my_instance: 'web-1' });
  });

  it('drops a target, and says which step did', () => {
    const dropped = target([
      { source_labels: ['team'], regex: 'storage', action: 'keep' },
      { source_labels: ['zone'], regex: 'eu-.*', action: 'drop' },
    ]);
    expect(dropped).to.deep.equal({
      ok: false,
      reason: 'dropped by relabel_configs[1], action drop',
      isDropped: true,
    });
  });

  const refused: [step: object, reason: RegExp][] = [
    [{ target_label: '__address__', replacement: '' }, /^relabel_configs: __address__ is ""; allowed: "host:port"/],
    [{ target_label: '__address__', replacement: '2852039166:80' }, /__address__ is "2852039166:80"/],
    [{ target_label: '__address__', replacement: 'user:pw@h:80' }, /__address__ is "\*\*\*@h:80"/],
    [{ target_label: '__scheme__', replacement: 'file' }, /__scheme__ is "file"/],
    [{ target_label: '__metrics_path__', replacement: '//evil/x' }, /__metrics_path__ is/],
    [{ target_label: '__scrape_interval__', replacement: '0s' }, /__scrape_interval__ is "0s"/],
    [{ target_label: '__scrape_timeout__', replacement: 'soon' }, /__scrape_timeout__ is "soon"/],
    [{ action: 'labelmap', regex: 'team', replacement: 'my.team' }, /a label is named "my\.team"/],
    [
      { source_labels: ['team'], target_label: 'long', replacement: '$1'.repeat(500) },
      /^relabel_configs: label long has 3500 bytes; allowed: 3000/,
    ],
  ];
  for (const [step, reason] of refused) {
    it(`is refused when it makes no sense: ${JSON.stringify(step).slice(0, 70)}`, () => {
      const result = target([step], { service: { label_value_length_limit: 3000 } });
      expect(result.ok ? 'taken' : result.reason).to.match(reason);
      expect(result).not.to.have.property('isDropped');
    });
  }

  it('cannot go beyond the bounds of the cluster', () => {
    const defaults = { bounds: { min_interval: '5s', max_labels: 2 } };
    const { rule } = kept([{ target_label: '__scrape_interval__', replacement: '1s' }], { defaults });
    expect(rule).to.include({ intervalMs: 5_000, timeoutMs: 5_000 });
    const many = target([{ target_label: 'more', replacement: 'x' }], { defaults });
    expect(many.ok ? 'taken' : many.reason).to.match(/^labels is 3 labels/);
  });

  it('uses the steps of the service instead of those of the cluster', () => {
    const defaults = { relabel_configs: [{ action: 'drop' }] };
    expect(target(undefined, { defaults }).ok).to.equal(false);
    expect(target([], { defaults }).ok).to.equal(true);
  });
});
