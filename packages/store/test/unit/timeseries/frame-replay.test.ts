import { createSeriesSchema, targetId } from '@pulsekeeper/model';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Frame } from '../../../src/index.ts';
import { FrameReplay, type ReplayedFrame } from '../../../src/timeseries/frame-replay.ts';
import { TargetStream } from '../../../src/writer/target-stream.ts';

const INTERVAL_MS = 15_000;
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const id = targetId('api', 'i1');

type Samples = readonly (number | undefined)[];
type Step =
  | { readonly kind: 'samples'; readonly samples: Samples; readonly back: boolean }
  | { readonly kind: 'failure' | 'end' | 'startOver' | 'takeWaiting' | 'acknowledge' };

const value = fc.oneof(fc.integer({ min: -3, max: 1_000 }), fc.double(), fc.constantFrom(0, -0, 0.25));
const samplesStep = fc.record({
  kind: fc.constant('samples' as const),
  samples: fc.array(fc.option(value, { nil: undefined, freq: 5 }), { minLength: 5, maxLength: 5 }),
  back: fc.boolean(),
});
const otherStep = fc.record({
  kind: fc.constantFrom('failure', 'end', 'startOver', 'takeWaiting', 'acknowledge'),
}) as fc.Arbitrary<Step>;

function frameOf(slotMs: number, samples: Samples | undefined): Frame {
  const present = [...(samples ?? []).entries()].filter((entry): entry is [number, number] => entry[1] !== undefined);
  const text = present.map(([index]) => `${NAMES[index]!}\n`).join('');
  return {
    slotMs,
    intervalMs: INTERVAL_MS,
    timestampMs: slotMs,
    report: {
      up: samples !== undefined,
      durationSeconds: 0.01,
      samplesScraped: present.length,
      samplesPostRelabel: present.length,
      seriesAdded: 0,
      attempts: 1,
      bodyBytes: 100,
      ...(samples === undefined ? { failure: { reason: 'timeout', message: 'late' } } : {}),
    },
    samples:
      samples === undefined
        ? undefined
        : {
            schema: createSeriesSchema(Buffer.from(text)),
            values: Float64Array.from(present, ([, sample]) => sample),
          },
  };
}

/** Each series that has a value, with its bits. */
function told({ header, state, schemas }: ReplayedFrame): unknown {
  const series: string[] = [];
  if (header.kind !== 'key' && header.kind !== 'delta') return { kind: header.kind, slotMs: header.slotMs };
  let from = 0;
  for (const schema of schemas) {
    for (let at = 0; at < schema.size; at++) {
      if (!state.isPresent(from + at)) continue;
      const bits = [state.words[2 * (from + at)], state.words[2 * (from + at) + 1]].join();
      series.push(`${schema.keyAt(at)} ${bits}`);
    }
    from += schema.size;
  }
  return { kind: header.kind, slotMs: header.slotMs, series };
}

describe('FrameReplay', () => {
  it('tells of any frame what decoding its chain would, whatever happened to the log', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 4, arbitrary: samplesStep }, otherStep), { maxLength: 25 }),
        fc.infiniteStream(fc.nat()),
        (steps, picks) => {
          const stream = new TargetStream(
            { id, labels: { service: 'api', instance: 'i1' }, retentionMs: 86_400_000 },
            { frames: 'f', late: 'l' },
            { keyFrameSlots: 6, keyFrameShift: 0, collector: 'c1' },
          );
          const replay = new FrameReplay(stream);
          let slotMs = 1_700_000_010_000;
          for (const step of steps) {
            slotMs += INTERVAL_MS;
            if (step.kind === 'samples') {
              stream.append(frameOf(step.back ? slotMs - 4 * INTERVAL_MS : slotMs, step.samples), undefined);
            } else if (step.kind === 'failure') stream.append(frameOf(slotMs, undefined), undefined);
            else if (step.kind === 'end') stream.appendEnd(slotMs, undefined);
            else if (step.kind === 'startOver') stream.startOver('');
            else if (step.kind === 'takeWaiting') stream.takeWaiting();
            else if (stream.log.waiting > 0) stream.settle('written');
            const { length } = stream.log;
            if (length === 0) continue;
            for (const index of [length - 1, (picks.next().value ?? 0) % length, length - 1]) {
              const decoding = new FrameReplay(
                Object.assign(Object.create(stream) as TargetStream, { columnsAt: () => undefined }),
              );
              expect(told(replay.frameAt(index))).to.deep.equal(told(decoding.frameAt(index)));
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('does not decode the newest frame', () => {
    const stream = new TargetStream(
      { id, labels: {}, retentionMs: 86_400_000 },
      { frames: 'f', late: 'l' },
      { keyFrameSlots: 6, keyFrameShift: 0, collector: 'c1' },
    );
    for (const slot of [1, 2, 3]) stream.append(frameOf(slot * INTERVAL_MS, [slot, 1, 2, 3, 4]), undefined);
    expect(stream.columnsAt(1)).to.equal(undefined);
    const replay = new FrameReplay(stream);
    expect(replay.frameAt(2).state).to.equal(stream.columnsAt(2)?.state);
    expect(replay.frameAt(1).state).not.to.equal(stream.columnsAt(2)?.state);
  });
});
