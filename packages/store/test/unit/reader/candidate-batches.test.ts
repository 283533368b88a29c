import { expect } from 'chai';
import { targetId } from '@pulsekeeper/model';
import { CandidateBatches } from '../../../src/reader/candidate-batches.ts';
import type { CandidateTarget } from '../../../src/reader/candidate-targets.ts';

function candidates(schemas: readonly number[]): CandidateTarget[] {
  return schemas.map((count, index) => ({
    target: { id: targetId('api', `i${index}`), labels: {}, retentionMs: 1, schemaIds: [] },
    schemaIds: Array.from({ length: count }, (_, number) => `s${number}`),
  }));
}

describe('CandidateBatches', () => {
  it('keeps the order, and targets with samples by themselves', () => {
    const all = candidates([0, 0, 1, 2, 0]);
    const batches = new CandidateBatches(all);
    const sizes: number[] = [];
    const seen: CandidateTarget[] = [];
    for (let batch = batches.next(); batch.length > 0; batch = batches.next()) {
      sizes.push(batch.length);
      seen.push(...batch);
    }
    expect(sizes).to.deep.equal([2, 1, 1, 1]);
    expect(seen).to.deep.equal(all);
  });

  it('fits a batch to the slots that targets have', () => {
    const batches = new CandidateBatches(candidates(Array.from({ length: 1_000 }, () => 0)));
    batches.notice(86_400);
    expect(batches.next()).to.have.length(1);
    batches.notice(200);
    expect(batches.next()).to.have.length(100);
    batches.notice(0);
    expect(batches.next()).to.have.length(256);
  });
});
