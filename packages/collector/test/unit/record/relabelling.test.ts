import { ExpositionParser, SeriesPool, type Exposition } from '@pulsekeeper/exposition';
import { compileRelabelling, labelSetOf, parseServiceRule, type Relabelling } from '@pulsekeeper/model';
import { expect } from 'chai';

import type { SeriesLimits } from '../../../src/record/relabel-series.ts';
import { SchemaCache } from '../../../src/record/schema-cache.ts';
import { SeriesProjection, type SeriesProjectionOptions } from '../../../src/record/series-projection.ts';
import { ScrapeError } from '../../../src/scrape/scrape-error.ts';

const NOW = 1_700_000_000_000;
const TARGET = labelSetOf(Object.entries({ service: 'shop', instance: 'one', team: 't' }));
const LIMITS: SeriesLimits = {
  sampleLimit: 1_000_000,
  labelLimit: 64,
  labelNameLengthLimit: 256,
  labelValueLengthLimit: 4_096,
};

function relabelling(...steps: unknown[]): Relabelling {
  const rule = parseServiceRule(Buffer.from(JSON.stringify({ metric_relabel_configs: steps })));
  if (!rule.ok) throw new Error(rule.reason);
  return compileRelabelling(rule.value.metricRelabel ?? []);
}

function projection(steps: readonly unknown[], options: Partial<SeriesProjectionOptions> = {}): SeriesProjection {
  return new SeriesProjection({
    schemas: new SchemaCache(),
    targetLabels: TARGET,
    honorLabels: false,
    honorTimestamps: true,
    relabelling: relabelling(...steps),
    limits: LIMITS,
    ...options,
  });
}

function parser(pool = new SeriesPool()): (text: string) => Exposition {
  const one = new ExpositionParser({ pool });
  return (text) => one.parse(Buffer.from(text), 'prometheus-text');
}

interface Stored {
  readonly keys: readonly string[];
  readonly values: readonly number[];
  readonly changed: readonly number[] | undefined;
  readonly seriesAdded: number;
}

async function project(one: SeriesProjection, exposition: Exposition): Promise<Stored> {
  const refusal = await one.prepare(exposition, NOW);
  if (refusal !== undefined) throw refusal;
  const { schema, values, changed, seriesAdded } = one.project(exposition);
  const keys = Array.from({ length: schema.size }, (_, index) => schema.keyAt(index));
  return { keys, values: [...values], changed: changed && [...changed], seriesAdded };
}

async function keysOf(text: string, steps: readonly unknown[], options: Partial<SeriesProjectionOptions> = {}) {
  return (await project(projection(steps, options), parser()(text))).keys;
}

async function refusal(text: string, steps: readonly unknown[], options: Partial<SeriesProjectionOptions> = {}) {
  const error = await projection(steps, options).prepare(parser()(text), NOW);
  expect(error).to.be.instanceOf(ScrapeError);
  return `${error?.reason ?? ''}: ${error?.message ?? ''}`;
}

describe('metric relabelling', () => {
  it('drops series, and tells which of the others changed', async () => {
    const [parse, one] = [parser(), projection([{ source_labels: ['__name__'], regex: 'go_.*', action: 'drop' }])];
    const first = await project(one, parse('a 1\ngo_x 2\nb 3\ngo_y 4\nc 5\n'));
    expect(first).to.deep.equal({ keys: ['a', 'b', 'c'], values: [1, 3, 5], changed: undefined, seriesAdded: 3 });
    const second = await project(one, parse('a 1\ngo_x 7\nb 8\ngo_y 4\nc 9\n'));
    expect(second).to.deep.equal({ keys: ['a', 'b', 'c'], values: [1, 8, 9], changed: [1, 2], seriesAdded: 0 });
  });

  it('looks at labels once a list, not once a scrape', async () => {
    let applied = 0;
    const steps = relabelling({ action: 'labeldrop', regex: 'x' });
    const counting: Relabelling = { steps: steps.steps, apply: (labels) => (applied++, steps.apply(labels)) };
    const [parse, one] = [parser(), projection([], { relabelling: counting })];
    for (let value = 0; value < 5; value += 1) await project(one, parse(`a{x="1"} ${value}\nb 2\n`));
    expect(applied).to.equal(2);
    await project(one, parse('a{x="1"} 0\nb 2\nc 3\n'));
    expect(applied).to.equal(5);
  });

  it('works once for all instances that expose the same, as long as no step depends on which it is', () => {
    const [schemas, pool] = [new SchemaCache(), new SeriesPool()];
    const other = labelSetOf(Object.entries({ service: 'shop', instance: 'two', team: 't' }));
    const schemaOf = (steps: unknown[], targetLabels: typeof TARGET): unknown => {
      const one = projection(steps, { schemas, targetLabels });
      const exposition = parser(pool)('a{x="1"} 1\n');
      expect(one.prepare(exposition, NOW)).to.equal(undefined);
      return one.project(exposition).schema;
    };
    const common = [{ action: 'labeldrop', regex: 'x' }];
    expect(schemaOf(common, other)).to.equal(schemaOf(common, TARGET));
    const each = [{ source_labels: ['instance'], target_label: 'y' }];
    expect(schemaOf(each, other)).not.to.equal(schemaOf(each, TARGET));
  });

  it('renames metrics and labels', async () => {
    const steps = [
      { source_labels: ['__name__'], regex: 'old_(.*)', target_label: '__name__', replacement: 'new_$1' },
      { action: 'labelmap', regex: 'l_(.*)' },
      { action: 'labeldrop', regex: 'l_.*' },
    ];
    expect(await keysOf('old_a{l_x="1"} 1\nb 2\n', steps)).to.deep.equal(['new_a{x="1"}', 'b']);
  });

  it('sees the labels of the target, and clashes as they were resolved', async () => {
    const steps = [{ source_labels: ['team', 'exported_service'], target_label: 'seen' }];
    expect(await keysOf('a{service="x"} 1\n', steps)).to.deep.equal(['a{exported_service="x",seen="t;x"}']);
    const honoured = [{ source_labels: ['service'], target_label: 'seen' }];
    expect(await keysOf('a{service="x"} 1\n', honoured, { honorLabels: true })).to.deep.equal([
      'a{seen="x",service="x"}',
    ]);
  });

  it('may write and hide labels of the target for a series', async () => {
    const steps = [
      { source_labels: ['host'], regex: '(.+)', target_label: 'instance' },
      { action: 'labeldrop', regex: 'host|team' },
    ];
    expect(await keysOf('a{host="h1"} 1\nb 2\n', steps)).to.deep.equal(['a{instance="h1",team=""}', 'b{team=""}']);
  });

  it('keeps the first of series that become one', async () => {
    const [parse, one] = [parser(), projection([{ action: 'labeldrop', regex: 'x' }])];
    const text = 'a{x="1"} 1\na{x="2"} 2\nb 3\n';
    expect(await project(one, parse(text))).to.deep.include({ keys: ['a', 'b'], values: [1, 3] });
    const again = parse(text);
    expect(one.prepare(again, NOW)).to.equal(undefined);
    expect(one.project(again)).to.include({ duplicates: 1 });
  });

  it('drops a series without any label left, and refuses one without a name', async () => {
    expect(await keysOf('a{x="1"} 1\n', [{ action: 'labelkeep', regex: 'nothing' }])).to.deep.equal([]);
    expect(await refusal('a{x="1"} 1\n', [{ action: 'labeldrop', regex: '__name__' }])).to.match(
      /^relabel: .* left the series a\{x="1"\} without a name/,
    );
  });

  it('counts what is left against the limits', async () => {
    const drop = [{ source_labels: ['__name__'], regex: 'x', action: 'drop' }];
    const limits = { ...LIMITS, sampleLimit: 1 };
    expect(await keysOf('x 1\na 2\n', drop, { limits })).to.deep.equal(['a']);
    expect(await refusal('x 1\na 2\nb 3\n', drop, { limits })).to.match(/^sample_limit: more than 1 samples/);
    const few = { limits: { ...LIMITS, labelLimit: 1 } };
    expect(await keysOf('a{x="1",y="2"} 1\n', [{ action: 'labeldrop', regex: 'y' }], few)).to.deep.equal(['a{x="1"}']);
    expect(await refusal('a{x="1",y="2"} 1\n', drop, few)).to.match(/^label_limit: a series has 2 labels/);
    const short = { limits: { ...LIMITS, labelValueLengthLimit: 3, labelNameLengthLimit: 3 } };
    expect(await refusal('a 1\n', [{ target_label: 'x', replacement: 'ää' }], short)).to.match(
      /^label_limit: .* value of x/,
    );
    expect(await refusal('a 1\n', [{ target_label: 'name', replacement: 'x' }], short)).to.match(
      /^label_limit: a name/,
    );
  });

  it('says why a list of series cannot be relabelled, again at each scrape, without doing it again', async () => {
    const [parse, one] = [
      parser(),
      projection([{ source_labels: ['x'], target_label: 'x', replacement: '$1'.repeat(400) }]),
    ];
    const text = `a{x="${'y'.repeat(200)}"} `;
    const first = await one.prepare(parse(`${text}1\n`), NOW);
    expect(first?.reason).to.equal('relabel');
    expect(first?.message).to.contain('longer than');
    expect(one.prepare(parse(`${text}2\n`), NOW)).to.equal(first);
    expect(one.prepare(parse('b 1\n'), NOW)).to.equal(undefined);
  });

  describe('of many series', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => `a{x="${index}",y="${index % 7}"} ${index}\n`).join('');
    const steps = [
      { source_labels: ['y'], regex: '[0-3]', action: 'keep' },
      { source_labels: ['x'], regex: '(.*)', target_label: 'z', replacement: 'z$1' },
    ];

    it('lets others work meanwhile, and comes to the same', async () => {
      const one = projection(steps);
      const exposition = parser()(many);
      const preparing = one.prepare(exposition, NOW);
      expect(preparing).to.be.instanceOf(Promise);
      expect(() => one.project(exposition)).to.throw(TypeError);
      expect(await preparing).to.equal(undefined);
      const { schema, values } = one.project(exposition);
      const kept = Array.from({ length: 50_000 }, (_, index) => index).filter((index) => index % 7 <= 3);
      expect([...values]).to.deep.equal(kept);
      expect(schema.keyAt(schema.size - 1)).to.equal('a{x="49997",y="3",z="z49997"}');
      expect(one.prepare(exposition, NOW)).to.equal(undefined);
    });

    it('is given up beyond its budget', async () => {
      const error = await projection(steps, { relabelBudgetMs: 1 }).prepare(parser()(many), NOW);
      expect(error?.reason).to.equal('relabel');
      expect(error?.message).to.match(/^relabelling 50000 series was not done within 1 ms/);
    });
  });
});
