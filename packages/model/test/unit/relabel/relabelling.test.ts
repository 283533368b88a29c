import { expect } from 'chai';
import fc from 'fast-check';

import {
  compileRelabelling,
  dependsOnValueOf,
  labelSetOf,
  parseServiceRule,
  RELABEL_ACTIONS,
  RelabelError,
  type LabelSet,
  type RelabelStep,
} from '../../../src/index.ts';

type Labels = Record<string, string>;

/** What the tests of this file have read. */
const usedActions = new Set<string>();

/** Steps as they stand in a rule. */
function stepsOf(configs: readonly unknown[]): readonly RelabelStep[] {
  for (const config of configs) usedActions.add((config as { action?: string }).action ?? 'replace');
  const rule = parseServiceRule(Buffer.from(JSON.stringify({ metric_relabel_configs: configs })));
  if (!rule.ok) throw new Error(rule.reason);
  return rule.value.metricRelabel ?? [];
}

function relabel(labels: Labels, ...configs: unknown[]): Labels | undefined {
  const given: LabelSet = labelSetOf(Object.entries(labels));
  const relabelled = compileRelabelling(stepsOf(configs)).apply(given);
  return relabelled.isDropped ? undefined : { ...relabelled.labels };
}

describe('relabelling', () => {
  describe('does what Prometheus documents', () => {
    const table: [title: string, labels: Labels, configs: unknown[], expected: Labels | undefined][] = [
      [
        'replaces by groups',
        { a: 'foo', b: 'bar' },
        [{ source_labels: ['a'], regex: 'f(.*)', target_label: 'd', replacement: 'ch${1}-ch${1}' }],
        { a: 'foo', b: 'bar', d: 'choo-choo' },
      ],
      [
        'maps first the labels that no step has set, then the others in the order in which they were set first',
        { z1: 'z', a1: 'a', m1: 'm' },
        [
          { source_labels: ['a1'], target_label: 'a1' },
          { target_label: 'b1', replacement: 'b' },
          { target_label: 'a1', replacement: 'new' },
          { action: 'labelmap', regex: '[amz]1', replacement: 'x' },
          { action: 'labelmap', regex: '[ab]1', replacement: 'y' },
        ],
        { z1: 'z', a1: 'new', m1: 'm', b1: 'b', x: 'new', y: 'b' },
      ],
      [
        'maps a label that was removed and set again as the last one',
        { a1: 'a', b1: 'b' },
        [
          { target_label: 'a1', replacement: '1' },
          { target_label: 'b1', replacement: '2' },
          { action: 'labeldrop', regex: 'a1' },
          { target_label: 'a1', replacement: '3' },
          { action: 'labelmap', regex: '[ab]1', replacement: 'x' },
        ],
        { a1: '3', b1: '2', x: '3' },
      ],
      [
        'joins source labels with a semicolon',
        { a: 'x', b: 'y' },
        [{ source_labels: ['a', 'b', 'none'], target_label: 'c' }],
        { a: 'x', b: 'y', c: 'x;y;' },
      ],
      [
        'joins source labels with the separator',
        { a: 'x', b: 'y' },
        [{ source_labels: ['a', 'b'], separator: '/', target_label: 'c' }],
        { a: 'x', b: 'y', c: 'x/y' },
      ],
      [
        'must match the whole value',
        { a: 'foobar' },
        [{ source_labels: ['a'], regex: 'foo', target_label: 'b', replacement: 'x' }],
        { a: 'foobar' },
      ],
      [
        'lets a dot match a line feed',
        { a: 'x\ny' },
        [{ source_labels: ['a'], regex: 'x.y', target_label: 'b', replacement: 'z' }],
        { a: 'x\ny', b: 'z' },
      ],
      [
        'sets a fixed value without any source',
        { a: 'x' },
        [{ target_label: 'b', replacement: 'y' }],
        { a: 'x', b: 'y' },
      ],
      [
        'removes a label by an empty replacement',
        { a: 'x', b: 'y' },
        [{ target_label: 'a', replacement: '' }],
        { b: 'y' },
      ],
      ['removes a label by an empty group', { a: 'x', b: '' }, [{ source_labels: ['b'], target_label: 'a' }], {}],
      [
        'expands the target label',
        { a: 'some-name-value' },
        [{ source_labels: ['a'], regex: 'some-([^-]+)-([^,]+)', target_label: '${1}', replacement: '${2}' }],
        { a: 'some-name-value', name: 'value' },
      ],
      [
        'leaves out a target label that expands to nothing',
        { a: 'x' },
        [{ source_labels: ['a'], regex: '(y)?x', target_label: '$1', replacement: 'z' }],
        { a: 'x' },
      ],
      [
        'expands named groups, and reads $1x as the group named 1x',
        { a: 'v12' },
        [
          {
            source_labels: ['a'],
            regex: '(?P<letter>[a-z])(\\d+)',
            target_label: 'b',
            replacement: '$letter-$1x-${2}x-$$-$',
          },
        ],
        { a: 'v12', b: 'v--12x-$-$' },
      ],
      ['keeps what matches', { a: 'foo' }, [{ source_labels: ['a'], regex: 'f|foo', action: 'keep' }], { a: 'foo' }],
      [
        'drops what does not match a keep',
        { a: 'foo' },
        [{ source_labels: ['a'], regex: 'no', action: 'keep' }],
        undefined,
      ],
      [
        'drops what matches a drop',
        { a: 'foo' },
        [{ source_labels: ['a'], regex: '.*o.*', action: 'drop' }],
        undefined,
      ],
      [
        'keeps what does not match a drop',
        { a: 'foo' },
        [{ source_labels: ['a'], regex: 'f', action: 'drop' }],
        { a: 'foo' },
      ],
      [
        'stops at the first step that drops',
        { a: 'foo' },
        [
          { source_labels: ['a'], regex: 'foo', action: 'drop' },
          { target_label: 'b', replacement: 'x' },
        ],
        undefined,
      ],
      [
        'keeps equal ones',
        { a: '1', b: '1' },
        [{ source_labels: ['a'], target_label: 'b', action: 'keepequal' }],
        { a: '1', b: '1' },
      ],
      [
        'drops what is not equal',
        { a: '1', b: '2' },
        [{ source_labels: ['a'], target_label: 'b', action: 'keepequal' }],
        undefined,
      ],
      [
        'drops equal ones',
        { a: '1', b: '1' },
        [{ source_labels: ['a'], target_label: 'b', action: 'dropequal' }],
        undefined,
      ],
      [
        'keeps what is not equal',
        { a: '1', b: '2' },
        [{ source_labels: ['a'], target_label: 'b', action: 'dropequal' }],
        { a: '1', b: '2' },
      ],
      [
        'takes two absent labels for equal',
        {},
        [{ source_labels: ['a'], target_label: 'b', action: 'dropequal' }],
        undefined,
      ],
      [
        'hashes into a modulus',
        { a: 'foo', b: 'bar', c: 'baz' },
        [{ source_labels: ['c'], target_label: 'd', action: 'hashmod', modulus: 1000 }],
        { a: 'foo', b: 'bar', c: 'baz', d: '976' },
      ],
      [
        'hashes values with line feeds',
        { a: 'foo\nbar' },
        [{ source_labels: ['a'], target_label: 'b', action: 'hashmod', modulus: 1000 }],
        { a: 'foo\nbar', b: '734' },
      ],
      [
        'maps names of labels',
        { a: 'foo', b1: 'bar', b2: 'baz' },
        [{ action: 'labelmap', regex: '(b.*)', replacement: 'bar_${1}' }],
        { a: 'foo', b1: 'bar', b2: 'baz', bar_b1: 'bar', bar_b2: 'baz' },
      ],
      [
        'maps by the labels as they were before the step',
        { __meta_my_bar: 'aaa', __meta_my_baz: 'bbb', other: 'c' },
        [{ action: 'labelmap', regex: '__meta_(my.*)' }],
        { __meta_my_bar: 'aaa', __meta_my_baz: 'bbb', my_bar: 'aaa', my_baz: 'bbb', other: 'c' },
      ],
      ['drops labels by name', { a: 'x', b1: 'y', b2: 'z' }, [{ action: 'labeldrop', regex: 'b.*' }], { a: 'x' }],
      [
        'keeps labels by name',
        { a: 'x', b1: 'y', b2: 'z' },
        [{ action: 'labelkeep', regex: 'b.*' }],
        { b1: 'y', b2: 'z' },
      ],
      [
        'writes values in lower and upper case',
        { a: 'bAr123Foo' },
        [
          { source_labels: ['a'], target_label: 'lower', action: 'lowercase' },
          { source_labels: ['a'], target_label: 'upper', action: 'uppercase' },
        ],
        { a: 'bAr123Foo', lower: 'bar123foo', upper: 'BAR123FOO' },
      ],
      [
        'changes case one character at a time, as Go does',
        { a: 'straße ΑΣ' },
        [
          { source_labels: ['a'], target_label: 'lower', action: 'lowercase' },
          { source_labels: ['a'], target_label: 'upper', action: 'uppercase' },
        ],
        { a: 'straße ΑΣ', lower: 'straße ασ', upper: 'STRAßE ΑΣ' },
      ],
      [
        'sees what earlier steps did',
        { __name__: 'm', path: '/a/17' },
        [
          { source_labels: ['path'], regex: '/a/.*', target_label: '__tmp_kind', replacement: 'a' },
          { source_labels: ['__tmp_kind'], target_label: 'kind' },
          { action: 'labeldrop', regex: '__tmp_.*' },
        ],
        { __name__: 'm', path: '/a/17', kind: 'a' },
      ],
    ];
    for (const [title, labels, configs, expected] of table) {
      it(title, () => expect(relabel(labels, ...configs)).to.deep.equal(expected));
    }
  });

  it('names the step that drops', () => {
    const relabelling = compileRelabelling(stepsOf([{ target_label: 'x', replacement: 'y' }, { action: 'drop' }]));
    expect(relabelling.apply(labelSetOf([]))).to.deep.equal({ isDropped: true, step: 1 });
  });

  it('hands back the same set when nothing changes, and never touches the one given', () => {
    const labels = Object.freeze(labelSetOf(Object.entries({ a: 'x', b: 'y' })));
    const same = compileRelabelling(stepsOf([{ source_labels: ['a'], target_label: 'a' }])).apply(labels);
    expect(same).to.deep.equal({ isDropped: false, labels });
    expect(same.isDropped ? undefined : same.labels).to.equal(labels);
    compileRelabelling(stepsOf([{ action: 'labeldrop', regex: 'a' }])).apply(labels);
    expect({ ...labels }).to.deep.equal({ a: 'x', b: 'y' });
  });

  it('takes labels named like members of every object for what they are', () => {
    const labels: Labels = Object.fromEntries([['__proto__', 'x']]);
    const step = { source_labels: ['constructor'], target_label: 'a', replacement: 'b$1' };
    expect(Object.entries(relabel(labels, step) ?? {})).to.deep.equal([
      ['__proto__', 'x'],
      ['a', 'b'],
    ]);
  });

  it('answers the same whether a value is seen for the first or the thousandth time', () => {
    const relabelling = compileRelabelling(stepsOf([{ source_labels: ['a'], regex: '(\\d*)7', target_label: 'b' }]));
    for (let round = 0; round < 2; round += 1) {
      for (let number = 0; number < 1500; number += 1) {
        const relabelled = relabelling.apply(labelSetOf([['a', String(number)]]));
        const expected = number % 10 === 7 && number > 9 ? String(Math.floor(number / 10)) : undefined;
        expect(relabelled.isDropped ? undefined : relabelled.labels['b'], String(number)).to.equal(expected);
      }
    }
  });

  describe('bears hostile steps', () => {
    it('that would hang a backtracking engine', () => {
      const labels = { a: 'a'.repeat(4000) };
      const patterns = ['(a+)+b', '(a|a)*b', '(.*a.*){60}b', '([ab]*a[ab]{200})b'];
      for (const regex of patterns) {
        expect(relabel(labels, { source_labels: ['a'], regex, action: 'drop' })).to.deep.equal(labels);
        expect(relabel(labels, { source_labels: ['a'], regex, target_label: 'b' })).to.deep.equal(labels);
      }
    });

    it('that double a value again and again', () => {
      const double = { source_labels: ['a'], target_label: 'a', replacement: '$1$1' };
      expect(() => relabel({ a: 'xx' }, ...Array<unknown>(64).fill(double))).to.throw(RelabelError, /longer than/);
    });

    it('that double the labels again and again', () => {
      const double = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((n) => ({
        action: 'labelmap',
        regex: '(.*)',
        replacement: `x${n}_$1`,
      }));
      expect(() => relabel({ a: 'x' }, ...double)).to.throw(RelabelError, /labels/);
    });
  });

  it('changes nothing that no step names, whatever the labels are', () => {
    const labelName = fc.stringMatching(/^[a-z_]{1,8}$/);
    const labels = fc.dictionary(labelName, fc.string({ minLength: 1, maxLength: 20 }), { maxKeys: 8 });
    const config = fc.oneof(
      fc.record({ source_labels: fc.array(labelName, { maxLength: 3 }), target_label: fc.constant('TARGET') }),
      fc.record({
        source_labels: fc.array(labelName, { maxLength: 3 }),
        target_label: fc.constant('TARGET'),
        action: fc.constantFrom('lowercase', 'uppercase'),
      }),
      fc.record({
        source_labels: fc.array(labelName, { maxLength: 3 }),
        target_label: fc.constant('TARGET'),
        action: fc.constant('hashmod'),
        modulus: fc.integer({ min: 1 }),
      }),
      fc.record({ action: fc.constant('labelmap'), regex: fc.constant('(.*)'), replacement: fc.constant('TARGET') }),
    );
    fc.assert(
      fc.property(labels, fc.array(config, { maxLength: 6 }), (given, configs) => {
        const relabelled = relabel(given, ...configs);
        delete relabelled?.['TARGET'];
        expect(relabelled).to.deep.equal({ ...given });
      }),
    );
  });

  it('keeps exactly what a drop with the same expression does not keep', () => {
    const pattern = fc.constantFrom('', '.*', 'a', 'a+', '[ab]+', 'a|b', '(a)(b)?', '[^a]*');
    fc.assert(
      fc.property(fc.stringMatching(/^[ab]{0,4}$/), pattern, (a, regex) => {
        const isKept = relabel({ a }, { source_labels: ['a'], regex, action: 'keep' }) !== undefined;
        const isDropped = relabel({ a }, { source_labels: ['a'], regex, action: 'drop' }) === undefined;
        expect(isKept).to.equal(isDropped);
        expect(isKept).to.equal(new RegExp(`^(?:${regex})$`, 's').test(a));
      }),
    );
  });

  it('tells on which values the outcome may depend', () => {
    const cases: [unknown, boolean][] = [
      [{ source_labels: ['team'], action: 'keep' }, true],
      [{ source_labels: ['other'], action: 'keep' }, false],
      [{ source_labels: ['other'], target_label: 'team' }, true],
      [{ source_labels: ['other'], target_label: 'x' }, false],
      [{ source_labels: ['other'], target_label: '$1' }, true],
      [{ source_labels: ['other'], target_label: 'team', action: 'keepequal' }, true],
      [{ action: 'labelmap' }, true],
      [{ action: 'labeldrop', regex: 'team' }, false],
    ];
    for (const [config, expected] of cases) {
      expect(dependsOnValueOf(stepsOf([config]), 'team'), JSON.stringify(config)).to.equal(expected);
    }
  });

  // Tests of a suite run before those of the suites in it, and this is to come last.
  describe('in this file', () => {
    it('has a test of every action', () => {
      expect([...usedActions].sort()).to.deep.equal([...RELABEL_ACTIONS].sort());
    });
  });
});
