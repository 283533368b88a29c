import { expect } from 'chai';

import { ExpositionError, ExpositionParser, formatOfContentType, parseExposition } from '../../src/index.ts';
import { compareMetadata, compareSamples, CONFORMANCE_DIR, formatOf, loadCases } from './conformance-cases.ts';
import type { ConformanceCase } from './conformance-cases.ts';

/** Lines and columns count from 1; no other error may come out. */
function refusal(one: ConformanceCase, strict: boolean): ExpositionError | undefined {
  const body = Buffer.from(one.input_b64, 'base64');
  const byType = one.content_type === null ? formatOf(one) : formatOfContentType(one.content_type);
  // Prometheus takes an empty body whatever its content type.
  if (byType === undefined && body.length > 0) return new UnknownContentType('no format', 1, 1);
  const format = byType ?? formatOf(one);
  // Three ways through the code: objects, columns entry by entry, columns by the quick way.
  const [byObjects, byEntries, byColumns] = [
    () => parseExposition(body, format, { strict }),
    () => new ExpositionParser({ strict, exemplars: true }).parse(body, format),
    () => new ExpositionParser({ strict }).parse(body, format),
  ].map((parse) => {
    try {
      parse();
      return undefined;
    } catch (error) {
      if (!(error instanceof ExpositionError)) throw error;
      expect(error.line).to.be.at.least(1);
      expect(error.column).to.be.at.least(1);
      return error;
    }
  });
  expect(byEntries?.message, one.id).to.equal(byObjects?.message);
  expect(byColumns?.message, one.id).to.equal(byObjects?.message);
  return byObjects;
}

class UnknownContentType extends ExpositionError {
  override readonly code = 'missing_eof';
}

describe('conformance', () => {
  const cases = loadCases();
  const report: string[] = [];

  function judge(name: string, prefix: string, passes: (one: ConformanceCase) => string): void {
    it(name, function () {
      const selected = cases.filter((one) => one.class.startsWith(prefix));
      if (selected.length === 0) this.skip();
      const failures = selected.flatMap((one) => {
        const problem = passes(one);
        return problem === '' ? [] : [`${one.id}: ${problem}`];
      });
      report.push(`${name}: ${selected.length - failures.length} of ${selected.length}`);
      expect(failures.join('\n\n')).to.equal('');
    });
  }

  before(function () {
    if (cases.length > 0) return;
    console.log(`    conformance data is not at ${CONFORMANCE_DIR}; skipped`);
    this.skip();
  });

  after(() => {
    for (const line of report) console.log(`    ${line}`);
  });

  judge('accepts gate-accept', 'gate-accept', (one) => refusal(one, false)?.message ?? '');

  judge('reads the samples of gate-accept as expected', 'gate-accept', (one) => {
    if (one.expected.samples === null) return '';
    return compareSamples(one, parseExposition(Buffer.from(one.input_b64, 'base64'), formatOf(one)).samples);
  });

  judge('reads the metadata of gate-accept as expected', 'gate-accept', (one) => {
    if (one.expected.metadata === null) return '';
    return compareMetadata(one, parseExposition(Buffer.from(one.input_b64, 'base64'), formatOf(one)).metadata);
  });

  judge('refuses gate-refuse', 'gate-refuse', (one) => (refusal(one, false) === undefined ? 'accepted' : ''));

  judge('survives must-survive', 'must-survive', (one) => {
    const start = performance.now();
    refusal(one, false);
    refusal(one, true);
    const ms = performance.now() - start;
    return ms < 1000 ? '' : `took ${ms} ms`;
  });

  judge('takes strict-refuse by default', 'strict-refuse', (one) => refusal(one, false)?.message ?? '');

  judge('refuses strict-refuse in strict mode', 'strict-refuse', (one) =>
    refusal(one, true) === undefined ? 'accepted' : '',
  );

  judge('accepts in strict mode what the OpenMetrics suites call valid', 'gate-accept', (one) =>
    one.expected.semantics === 'openmetrics-spec' ? (refusal(one, true)?.message ?? '') : '',
  );

  judge('refuses gate-refuse in strict mode', 'gate-refuse', (one) =>
    refusal(one, true) === undefined ? 'accepted' : '',
  );
});
