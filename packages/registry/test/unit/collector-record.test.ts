import { expect } from 'chai';
import { parseCollector, serializeCollector, type CollectorRecord } from '../../src/collector-record.ts';

const record: CollectorRecord = {
  id: 'c1',
  host: 'web-3',
  statusUrl: 'http://10.0.0.3:9090',
  capacity: 1,
  state: 'active',
  version: '0.1.0',
  activeFromMs: 1_700_000_000_000,
  incarnation: 'web-3/41/9f3a',
};

function parse(patch: Record<string, unknown>): ReturnType<typeof parseCollector> {
  return parseCollector(Buffer.from(JSON.stringify({ ...record, ...patch })));
}

describe('a collector record', () => {
  it('is read as it was written, with and without its optional fields', () => {
    const full: CollectorRecord = { ...record, state: 'draining', drainAtMs: 1_700_000_001_500, ring: '9f3a01bc' };
    expect(parseCollector(serializeCollector(record))).to.deep.equal({ ok: true, value: record });
    expect(parseCollector(serializeCollector(full))).to.deep.equal({ ok: true, value: full });
    expect(parseCollector(serializeCollector({ ...record, drainAtMs: undefined }))).to.deep.equal({
      ok: true,
      value: record,
    });
  });

  it('takes a capacity from 0.01 to 100, and says so of any other', () => {
    for (const capacity of [0.01, 1, 100]) expect(parse({ capacity }), `${capacity}`).to.have.property('ok', true);
    expect(parse({ capacity: 101 })).to.deep.equal({
      ok: false,
      reason: 'field capacity 101: must be a number from 0.01 to 100',
    });
  });

  it('ignores fields that it does not know', () => {
    expect(parse({ later: true })).to.deep.equal({ ok: true, value: record });
  });

  const wrong: [field: string, value: unknown][] = [
    ['id', undefined],
    ['id', 'a/b'],
    ['id', 5],
    ['host', 'x'.repeat(256)],
    ['host', 'a\nb'],
    ['statusUrl', 'ftp://h/'],
    ['statusUrl', 'http://me:pw@h/'],
    ['statusUrl', 'nowhere'],
    ['capacity', 0],
    ['capacity', -1],
    ['capacity', 0.009],
    ['capacity', 100.1],
    ['capacity', 1e9],
    ['capacity', '1'],
    ['state', 'gone'],
    ['version', 7],
    ['activeFromMs', -1],
    ['activeFromMs', 1e300],
    ['activeFromMs', null],
    ['drainAtMs', 'soon'],
    ['ring', 5],
    ['incarnation', undefined],
  ];
  for (const [field, value] of wrong) {
    it(`is refused with ${field} ${value === undefined ? 'missing' : JSON.stringify(value)}, and the reason names the field`, () => {
      const parsed = parse({ [field]: value });
      expect(parsed.ok).to.equal(false);
      expect(parsed).to.have.property('reason').that.includes(field);
      expect((parsed as { reason: string }).reason.length).to.be.at.most(300);
      expect(() => serializeCollector({ ...record, [field]: value }))
        .to.throw(field)
        .with.property('code', 'InvalidRecord');
    });
  }

  const payloads: [title: string, data: string | Uint8Array][] = [
    ['nothing', ''],
    ['text', 'hello'],
    ['a number', '5'],
    ['null', 'null'],
    ['a list', '[]'],
    ['broken UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
    ['more than 64 KiB', `{"x":"${'y'.repeat(70_000)}"}`],
    ['inherited fields', JSON.stringify({ __proto__: record })],
    ['fields in a __proto__ key', `{"__proto__":${JSON.stringify(record)}}`],
    ['very deep nesting', '['.repeat(60_000)],
  ];
  for (const [title, data] of payloads) {
    it(`is refused when the data is ${title}`, () => {
      expect(parseCollector(Buffer.from(data))).to.have.property('ok', false);
    });
  }

  it('does not show credentials in its reasons', () => {
    expect(JSON.stringify(parse({ statusUrl: 'http://me:secret@h/' }))).to.not.include('secret');
  });
});
