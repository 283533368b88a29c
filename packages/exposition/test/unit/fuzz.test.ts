import { expect } from 'chai';

import { ExpositionError, ExpositionParser, parseExposition } from '../../src/index.ts';
import { mutate } from '../mutate.ts';
import { SAMPLE_BODIES } from '../sample-bodies.ts';
import { seededRandom } from '../synthetic-exporter.ts';

/** Long enough to find what a change broke, short enough for every test run; `PULSEKEEPER_FUZZ_MS` for longer hunts. */
const BUDGET_MS = Number(process.env['PULSEKEEPER_FUZZ_MS'] ?? 1500);
const SEED = Number(process.env['PULSEKEEPER_FUZZ_SEED'] ?? 1);

describe('any bytes', () => {
  it('are read or refused with line and column, quickly, by all ways of parsing alike', function () {
    this.timeout(30_000 + 2 * BUDGET_MS);
    const random = seededRandom(SEED);
    const start = performance.now();
    let runs = 0;
    let accepted = 0;
    let slowestMs = 0;
    while (performance.now() - start < BUDGET_MS) {
      for (const [format, text] of SAMPLE_BODIES) {
        let body: Uint8Array = new Uint8Array(Buffer.from(text));
        const parser = new ExpositionParser();
        // Mutations pile up, so that bodies wander far from what is valid.
        for (let depth = 0; depth < 6; depth++) {
          body = mutate(body, random);
          const before = performance.now();
          const outcomes = [
            () => parseExposition(body, format),
            () => parser.parse(body, format),
            () => parseExposition(body, format, { strict: true }),
          ].map((parse) => {
            try {
              parse();
              return 'accepted';
            } catch (error) {
              const shown = `${String(error)} for ${JSON.stringify(Buffer.from(body).toString('latin1'))}`;
              expect(error, shown).to.be.instanceOf(ExpositionError);
              const { code, line, column } = error as ExpositionError;
              expect(line >= 1 && column >= 1, shown).to.equal(true);
              return `${code} ${line}:${column}`;
            }
          });
          slowestMs = Math.max(slowestMs, performance.now() - before);
          expect(outcomes[1], Buffer.from(body).toString('latin1')).to.equal(outcomes[0]);
          if (outcomes[0] !== 'accepted') expect(outcomes[2], 'strict takes nothing more').not.to.equal('accepted');
          runs++;
          if (outcomes[0] === 'accepted') accepted++;
        }
      }
    }
    console.log(`      ${runs} bodies, ${accepted} of them accepted, slowest ${slowestMs.toFixed(1)} ms, seed ${SEED}`);
    expect(accepted).to.be.within(runs * 0.02, runs * 0.9);
    expect(slowestMs).to.be.below(500);
  });
});
