import { expect } from 'chai';

import { formatRelabelStep, parseInstance, parseServiceRule, ruleJsonSchema } from '../../../src/index.ts';

function read(field: string, value: unknown): ReturnType<typeof parseServiceRule> {
  return parseServiceRule(Buffer.from(JSON.stringify({ [field]: value })));
}

describe('relabelling steps in a rule', () => {
  it('fill in the defaults of Prometheus', () => {
    const rule = read('relabel_configs', [{ target_label: 'a' }]);
    expect(rule.ok && rule.value.relabel).to.deep.equal([
      {
        action: 'replace',
        sourceLabels: [],
        separator: ';',
        regex: '(.*)',
        modulus: 0,
        targetLabel: 'a',
        replacement: '$1',
      },
    ]);
  });

  it('can be written again as they were read', () => {
    const steps = [
      { action: 'drop', source_labels: ['a', 'b'], separator: '/', regex: 'x.*' },
      { action: 'hashmod', source_labels: ['a'], modulus: 8, target_label: '__tmp' },
      { action: 'replace', target_label: 'c', replacement: 'y' },
    ];
    const rule = read('relabel_configs', steps);
    expect(rule.ok && rule.value.relabel?.map(formatRelabelStep)).to.deep.equal(steps);
  });

  const taken: [title: string, given: object, same: object][] = [
    ['an action in any case', { action: 'Keep', regex: 'a' }, { action: 'keep', regex: 'a' }],
    ['a tab', { source_labels: ['a', 'b'], separator: '\t', target_label: 'c' }, {}],
    ['what keep ignores', { action: 'keep', target_label: 'a', replacement: 'b', modulus: 3 }, { action: 'keep' }],
    [
      'what hashmod ignores',
      { action: 'hashmod', source_labels: ['a'], modulus: 8, target_label: 'b', regex: 'x' },
      { action: 'hashmod', source_labels: ['a'], modulus: 8, target_label: 'b' },
    ],
    [
      'what labelmap ignores',
      { action: 'labelmap', source_labels: ['a'], regex: 'x' },
      { action: 'labelmap', regex: 'x' },
    ],
    [
      'what labeldrop refuses, at its default',
      { action: 'labeldrop', regex: 'x', source_labels: [], separator: ';', replacement: '$1', target_label: '' },
      { action: 'labeldrop', regex: 'x' },
    ],
    [
      'what dropequal refuses, at its default',
      { action: 'dropequal', target_label: 'a', separator: ';', regex: '(.*)', modulus: 0 },
      { action: 'dropequal', target_label: 'a' },
    ],
  ];
  for (const [title, given, same] of taken) {
    it(`take ${title}, as Prometheus does`, () => {
      const steps = read('relabel_configs', [given]);
      const plain = read('relabel_configs', [Object.keys(same).length === 0 ? given : same]);
      expect(steps.ok && steps.value.relabel)
        .to.deep.equal(plain.ok && plain.value.relabel)
        .and.to.have.lengthOf(1);
    });
  }

  const refused: [value: unknown, reason: RegExp][] = [
    ['drop', /^relabel_configs is "drop"; allowed: a list of at most 64/],
    [Array(65).fill({ target_label: 'a' }), /^relabel_configs is a list of 65/],
    [['drop'], /^relabel_configs\[0\] is "drop"; allowed: an object/],
    [[{ action: 'Drops' }], /^relabel_configs\[0\]\.action is "Drops"; allowed: replace, keep, drop/],
    [[{ action: 5 }], /^relabel_configs\[0\]\.action is 5; allowed: replace, keep, drop/],
    [[{ action: 'keep', targetlabel: 'a' }], /a field is "targetlabel"; allowed: with the action keep/],
    [[{ action: 'dropequal', target_label: 'a', modulus: 5 }], /a field is "modulus"/],
    [[{ target_lable: 'a' }], /^relabel_configs\[0\]: a field is "target_lable"; allowed: with the action replace/],
    [[{}], /^relabel_configs\[0\]\.target_label is missing/],
    [[{ target_label: 'a', source_labels: 'b' }], /\.source_labels is "b"; allowed: a list of at most 64 label names/],
    [[{ target_label: 'a', source_labels: [1] }], /\.source_labels is a list of 1/],
    [[{ target_label: 'a', separator: 1 }], /\.separator is 1/],
    [[{ target_label: 'a', replacement: 'a\u0000b' }], /\.replacement is "a\\u0000b"/],
    [
      [{ target_label: 'a' }, { action: 'keep', regex: '(' }],
      /^relabel_configs\[1\]\.regex is "\("; .* RE2 syntax \(.+\)/,
    ],
    [[{ action: 'keep', regex: 5 }], /\.regex is 5/],
    [[{ action: 'keep', regex: '(?=a)' }], /\.regex is .* RE2 syntax/],
    [[{ action: 'keep', regex: 'a{1001}' }], /RE2 syntax/],
    [[{ action: 'keep', regex: '((a{100}){100}){100}' }], /RE2 syntax/],
    [[{ action: 'keep', regex: 'a'.repeat(1025) }], /at most 1024 characters/],
    [Array(9).fill({ action: 'keep', regex: 'a'.repeat(1000) }), /^relabel_configs is 9000 characters of regex/],
    [[{ action: 'hashmod', target_label: 'a' }], /\.modulus is missing or 0/],
    [[{ action: 'hashmod', target_label: 'a', modulus: -1 }], /\.modulus is -1/],
    [[{ action: 'hashmod', modulus: 3 }], /\.target_label is missing/],
    [[{ action: 'labeldrop', regex: 'a', source_labels: ['b'] }], /a field is "source_labels"; .* labeldrop: regex/],
    [[{ action: 'labelkeep', regex: 'a', replacement: 'b' }], /a field is "replacement"/],
    [[{ action: 'keepequal', target_label: 'a', regex: 'b' }], /a field is "regex"/],
    [[{ action: 'lowercase', target_label: 'a', replacement: 'b' }], /a field is "replacement"/],
    [[{ target_label: 'service' }], /target_label is "service"; allowed: any name but service, instance, collector/],
    [[{ target_label: 'my.name' }], /target_label is "my.name"; allowed: letters/],
  ];
  for (const [value, reason] of refused) {
    it(`are refused: ${JSON.stringify(value).slice(0, 60)}`, () => {
      const rule = read('relabel_configs', value);
      expect(rule.ok ? 'taken' : rule.reason).to.match(reason);
    });
  }

  it('may write any label of a series', () => {
    const steps = [{ target_label: 'instance' }, { target_label: 'my.name' }, { target_label: '__name__' }];
    expect(read('metric_relabel_configs', steps).ok).to.equal(true);
  });

  it('are not for instances to set', () => {
    const data = {
      address: 'h:1',
      relabel_configs: [{ action: 'drop' }],
      metric_relabel_configs: 7,
      follow_redirects: 9,
    };
    const instance = parseInstance(Buffer.from(JSON.stringify(data)));
    expect(instance.ok && instance.value).to.deep.equal({ address: { host: 'h', port: 1 } });
  });

  it('stand in the JSON schema', () => {
    const { properties } = ruleJsonSchema('service') as { properties: Record<string, { items?: unknown }> };
    expect(properties['relabel_configs']?.items).to.be.an('object');
    expect(properties['metric_relabel_configs']?.items).to.be.an('object');
  });
});

describe('a profile of credentials in a rule', () => {
  it('is named, by cluster, service or instance', () => {
    const rule = read('credentials', 'internal-1');
    expect(rule.ok && rule.value.credentials).to.equal('internal-1');
    const instance = parseInstance(Buffer.from('{"address":"h:1","credentials":"a"}'));
    expect(instance.ok && instance.value.credentials).to.equal('a');
  });

  for (const value of ['', 'a b', '../x', 'x'.repeat(65), { username: 'u', password: 'p' }, 7]) {
    it(`is refused: ${JSON.stringify(value).slice(0, 40)}`, () => {
      const rule = read('credentials', value);
      expect(rule.ok ? 'taken' : rule.reason).to.match(/^credentials is .*allowed: the name of a profile/);
      expect(rule.ok ? '' : rule.reason).not.to.contain('password');
    });
  }
});
