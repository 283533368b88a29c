import { expect } from 'chai';
import fc from 'fast-check';
import { targetId } from '@pulsekeeper/model';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { CorruptFrame } from '../../../src/errors.ts';
import { readSpillFile, writeSpillFile } from '../../../src/writer/spill-file.ts';
import { frameOf, newEncoder } from '../codec/chain-support.ts';

const MAGIC_BYTES = 'pulsekeeper-spill 2\n'.length;

/** Anything but streams whose frames a writer can take, or a {@link CorruptFrame}, fails the test. */
async function expectStreamsOrRefusal(path: string): Promise<void> {
  const read = await readSpillFile(path).catch((error: unknown) => {
    if (!(error instanceof CorruptFrame)) throw error;
    return undefined;
  });
  for (const { id, labels, retentionMs, frames } of read?.streams ?? []) {
    expect(id).to.be.a('string');
    expect(Object.values(labels).every((value) => typeof value === 'string')).to.equal(true);
    expect(retentionMs).to.be.greaterThan(0);
    expect(frames.every(({ slotMs }) => Number.isSafeInteger(slotMs) && slotMs > 0)).to.equal(true);
  }
}

describe('spill file', () => {
  let path: string;
  beforeEach(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'pulsekeeper-spill-')), 'frames');
  });

  function streams() {
    return ['a', 'b'].map((instance) => {
      const encoder = newEncoder();
      const frames = [1, 2, 3].map((step) => {
        const frame = encoder.encode(frameOf(step, step === 2 ? undefined : { [`m_${instance}`]: step }));
        return { ...frame, bytes: Buffer.from(frame.bytes) };
      });
      return {
        id: targetId('api', instance),
        labels: { service: 'api' },
        retentionMs: 1000,
        frames,
        schemas: frames[0]!.schemas,
      };
    });
  }

  it('gives back what was saved', async () => {
    expect(await writeSpillFile(path, streams())).to.equal(6);
    const { streams: read, isWhole } = (await readSpillFile(path))!;
    expect(isWhole).to.equal(true);
    for (const [index, stream] of streams().entries()) {
      expect(read[index]).to.deep.include({ id: stream.id, labels: stream.labels, retentionMs: 1000 });
      expect(read[index]!.schemas.map(({ id }) => id)).to.deep.equal(stream.schemas.map(({ id }) => id));
      expect(read[index]!.frames.map(({ slotMs, kind, isIndependent }) => [slotMs, kind, isIndependent])).to.deep.equal(
        stream.frames.map(({ slotMs, kind, isIndependent }) => [slotMs, kind, isIndependent]),
      );
      expect(read[index]!.frames.every(({ bytes }, at) => stream.frames[at]!.bytes.equals(bytes))).to.equal(true);
    }
  });

  it('gives back what lies before a damage', async () => {
    await writeSpillFile(path, streams());
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 3));
    const { streams: read, isWhole } = (await readSpillFile(path))!;
    expect([read.length, isWhole]).to.deep.equal([1, false]);
  });

  it('leaves out a stream of which any byte is altered, and gives back the others', async () => {
    await writeSpillFile(path, streams());
    const sound = await readFile(path);
    const second = sound.lastIndexOf('api/b');
    for (let at = second; at < sound.length; at++) {
      const bytes = Buffer.from(sound);
      bytes[at]! ^= 1;
      await writeFile(path, bytes);
      const { streams: read, isWhole } = (await readSpillFile(path))!;
      expect([read.map(({ id }) => id), isWhole], `byte ${at}`).to.deep.equal([['api/a'], false]);
    }
    const bytes = Buffer.from(sound);
    bytes[second - 20]! ^= 1;
    await writeFile(path, bytes);
    expect((await readSpillFile(path))!.streams.map(({ id }) => id)).to.deep.equal(['api/b']);
  });

  it('leaves out a stream whose frames cannot be decoded', async () => {
    const [good, bad] = streams();
    const frames = bad!.frames.map((frame, index) =>
      index === 0 ? frame : { ...frame, bytes: Buffer.from([0x12, 0, 1]) },
    );
    await writeSpillFile(path, [{ ...bad!, frames }, good!]);
    const { streams: read, isWhole } = (await readSpillFile(path))!;
    expect([read.map(({ id }) => id), isWhole]).to.deep.equal([['api/a'], false]);
  });

  it('is read or refused whatever its bytes', async () => {
    await writeSpillFile(path, streams());
    const sound = await readFile(path);
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.option(fc.uint8Array({ maxLength: 200 })), edits, async (tail, changes) => {
        const bytes = Buffer.concat([sound, tail ?? Buffer.alloc(0)]);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        await writeFile(path, bytes);
        await expectStreamsOrRefusal(path);
      }),
      { numRuns: 100 },
    );
  });

  it('is read or refused whatever is in its records, were their checksums right', async () => {
    const [stream] = streams();
    await writeSpillFile(path, [stream!]);
    const sound = (await readFile(path)).subarray(MAGIC_BYTES + 8);
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.option(fc.uint8Array({ maxLength: 200 })), edits, async (other, changes) => {
        const record = Buffer.from(other ?? sound);
        for (const [at, byte] of changes) if (record.length > 0) record[at % record.length] = byte;
        const head = Buffer.alloc(8);
        head.writeUInt32LE(record.length, 0);
        head.writeUInt32LE(crc32(record), 4);
        await writeFile(path, Buffer.concat([Buffer.from('pulsekeeper-spill 2\n'), head, record]));
        await expectStreamsOrRefusal(path);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out a stream whose labels, retention or slots cannot be', async () => {
    const [good, bad] = streams();
    const labels = JSON.parse('{"service":5}') as Record<string, string>;
    const frames = bad!.frames.map((frame) => ({ ...frame, slotMs: 0 }));
    for (const wrong of [
      { ...bad!, labels },
      { ...bad!, retentionMs: 0 },
      { ...bad!, frames },
    ]) {
      await writeSpillFile(path, [wrong, good!]);
      const { streams: read, isWhole } = (await readSpillFile(path))!;
      expect([read.map(({ id }) => id), isWhole]).to.deep.equal([['api/a'], false]);
    }
  });

  it('is not there, or is none', async () => {
    expect(await readSpillFile(path)).to.equal(undefined);
    await writeFile(path, 'something else entirely');
    const error: unknown = await readSpillFile(path).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(CorruptFrame);
  });
});
