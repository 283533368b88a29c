import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { DEFAULT_SCRAPE_RULE, labelSetOf, parseServiceRule, type ScrapeRule, type Target } from '@pulsekeeper/model';
import { expect } from 'chai';

import { projectionOptions } from '../../../src/record/projection-options.ts';
import { SchemaCache } from '../../../src/record/schema-cache.ts';
import { SeriesProjection, type ProjectedSamples } from '../../../src/record/series-projection.ts';
import type { ScrapeError } from '../../../src/scrape/scrape-error.ts';
import { scraperOf } from '../scrape/scraping.ts';
import { httpTarget } from '../scrape/stub-target.ts';

/** A case of Prometheus' own tests of its scrape loop. */
interface ScrapeCase {
  readonly id: string;
  readonly test: string;
  readonly note: string;
  readonly class: string;
  /** Null where the test goes by the format alone. */
  readonly content_type: string | null;
  readonly format: 'text' | 'openmetrics';
  readonly input_b64: string;
  readonly expected: {
    readonly verdict: 'valid' | 'invalid';
    readonly samples: readonly { labels: Record<string, string>; name: string; value: number | string }[] | null;
    /** Names and values in turn. */
    readonly discovery_labels?: readonly string[] | null;
  };
}

/** Where the data lies: beside the repository, or wherever the environment says. */
const FILE = join(
  process.env['PULSEKEEPER_CONFORMANCE_DIR'] ??
    fileURLToPath(new URL('../../../../../../shared/conformance', import.meta.url)),
  'cases/prometheus-scrape.json',
);

const TYPES = { text: 'text/plain', openmetrics: 'application/openmetrics-text' } as const;

/** What the tests set besides the body, which the data does not tell. */
const RULES: Readonly<Record<string, object>> = {
  // It leaves labels that cannot stand; here, a series without a name.
  TestScrapeLoopFailWithInvalidLabelsAfterRelabel: {
    metric_relabel_configs: [
      { target_label: 'x', replacement: 'y' },
      { action: 'labeldrop', regex: '__name__' },
    ],
  },
  TestScrapeLoopAppendSampleLimit: {
    sample_limit: 2,
    metric_relabel_configs: [{ source_labels: ['deleteme'], regex: 'yes', action: 'drop' }],
  },
  TestScrapeLoopAppendSampleLimitWithDisappearingSeries: { sample_limit: 4 },
  TestScrapeLoopDiscardUnnamedMetrics: {
    metric_relabel_configs: [{ source_labels: ['drop'], regex: '.+', target_label: '__name__', replacement: '' }],
  },
};

/** Whether it is known what the test sets: some set what no rule has, such as names of the past. */
function canBeJudged({ class: name, test }: ScrapeCase): boolean {
  return name.startsWith('gate-') || test in RULES;
}

function ruleOf({ test, note }: ScrapeCase): ScrapeRule {
  const honorLabels = note.startsWith('HonorLabels=true');
  const parsed = parseServiceRule(Buffer.from(JSON.stringify({ ...RULES[test], honor_labels: honorLabels })));
  if (!parsed.ok) throw new Error(parsed.reason);
  const given = Object.fromEntries(Object.entries(parsed.value).filter(([, value]) => value !== undefined));
  return { ...DEFAULT_SCRAPE_RULE, ...given, timeoutMs: 5_000, intervalMs: 10_000 };
}

/** What the whole way from the body over HTTP to what is stored comes to. */
async function scrape(one: ScrapeCase): Promise<ProjectedSamples | ScrapeError> {
  const rule = ruleOf(one);
  const stub = await httpTarget((_, answer) => {
    answer.setHeader('content-type', one.content_type ?? TYPES[one.format]).end(Buffer.from(one.input_b64, 'base64'));
  });
  const scraper = scraperOf(stub.url, { rule });
  const { exposition, error } = await scraper.scrape(10_000);
  scraper.close();
  await stub.close();
  if (error !== undefined) return error;
  if (exposition === undefined) throw new Error('neither samples nor an error');
  const target = { labels: labelSetOf(discoveryLabels(one)), rule } as Target;
  const projection = new SeriesProjection(projectionOptions(target, new SchemaCache()));
  return (await projection.prepare(exposition, Date.now())) ?? projection.project(exposition);
}

function discoveryLabels({ expected }: ScrapeCase): [string, string][] {
  const flat = expected.discovery_labels ?? [];
  return Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at] ?? '', flat[2 * at + 1] ?? '']);
}

function isRefused(result: ProjectedSamples | ScrapeError): result is ScrapeError {
  return 'reason' in result;
}

describe("the cases of Prometheus' scrape loop", () => {
  let cases: readonly ScrapeCase[] = [];

  before(function () {
    if (existsSync(FILE)) {
      const all = (JSON.parse(readFileSync(FILE, 'utf8')) as { cases: ScrapeCase[] }).cases;
      cases = all.filter(canBeJudged);
      if (cases.length < all.length) console.log(`    ${all.length - cases.length} of ${all.length} not judged`);
    } else {
      console.log(`    conformance data is not at ${FILE}; skipped`);
      this.skip();
    }
  });

  it('are taken or refused as there, limits and relabelling included', async () => {
    const judged = await Promise.all(
      cases.map(async (one) => {
        const result = await scrape(one);
        return `${one.id}: ${isRefused(result) ? 'invalid' : 'valid'}`;
      }),
    );
    expect(judged).to.deep.equal(cases.map(({ id, expected }) => `${id}: ${expected.verdict}`));
    expect(cases.filter(({ class: name }) => name.startsWith('scrape-loop-config'))).to.have.length.greaterThan(3);
  });

  it('are refused for the reason that the rule gives', async () => {
    for (const [test, reason] of [
      ['TestScrapeLoopFailWithInvalidLabelsAfterRelabel', 'relabel'],
      ['TestScrapeLoopAppendSampleLimit', 'sample_limit'],
      ['TestScrapeLoopAppendSampleLimitWithDisappearingSeries', 'sample_limit'],
    ] as const) {
      for (const one of cases.filter(
        (candidate) => candidate.test === test && candidate.expected.verdict === 'invalid',
      )) {
        expect(await scrape(one), one.id).to.include({ reason });
      }
    }
  });

  it('have the labels of there, those of the target included', async () => {
    let compared = 0;
    for (const one of cases.filter(({ expected }) => expected.samples !== null)) {
      const result = await scrape(one);
      if (isRefused(result)) throw result;
      const target = Object.fromEntries(discoveryLabels(one));
      const read = Array.from({ length: result.schema.size }, (_, at) => ({
        labels: { ...target, ...result.schema.labelsAt(at) },
        value: result.values[at],
      }));
      const expected = (one.expected.samples ?? []).map(({ name, labels, value }) => ({
        labels: { __name__: name, ...labels },
        value: Number(value),
      }));
      expect(read, one.id).to.deep.equal(expected);
      compared += 1;
    }
    expect(compared).to.be.greaterThan(2);
  });
});
