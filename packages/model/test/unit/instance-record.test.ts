import { expect } from 'chai';
import fc from 'fast-check';
import {
  formatAddress,
  InvalidRegistrationError,
  instanceJsonSchema,
  parseInstance,
  readAddress,
  serializeInstance,
  type InstanceInput,
} from '../../src/index.ts';

const decode = (data: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(data));

describe('readAddress', () => {
  const good: readonly [string, string, number][] = [
    ['host:1', 'host', 1],
    ['Web-1.Example.com:65535', 'web-1.example.com', 65_535],
    ['my_service:8080', 'my_service', 8080],
    ['example.com.:80', 'example.com.', 80],
    ['1.2.3.4:9100', '1.2.3.4', 9100],
    ['[::1]:9100', '::1', 9100],
    ['[2001:DB8:0:0::1]:80', '2001:db8::1', 80],
    ['[::ffff:169.254.169.254]:80', '::ffff:a9fe:a9fe', 80],
    ['xn--bcher-kva.example:80', 'xn--bcher-kva.example', 80],
  ];
  for (const [text, host, port] of good) {
    it(`reads ${text}`, () => {
      expect(readAddress(text)).to.deep.equal({ host, port });
    });
  }

  it('undoes formatAddress', () => {
    const host = fc.oneof(
      fc.ipV4(),
      fc.domain(),
      fc.ipV6().map((text) => readAddress(`[${text}]:1`)?.host ?? '::1'),
    );
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        expect(readAddress(formatAddress({ host: name, port }))).to.deep.equal({ host: name.toLowerCase(), port });
      }),
    );
  });
});

describe('serializeInstance', () => {
  it('writes what parseInstance reads', () => {
    const data = serializeInstance({
      address: { host: '::1', port: 9100 },
      scheme: 'https',
      path: '/m',
      interval: 5000,
      timeout: '500ms',
      retries: 0,
      params: { a: ['1', '2'], b: '3' },
      labels: { team: 'storage' },
      bodySizeLimit: '1MB',
      sampleLimit: 10,
      labelLimit: 11,
      labelNameLengthLimit: 12,
      labelValueLengthLimit: 13,
      instanceKey: 'k',
    });
    expect(decode(data)).to.deep.equal({
      address: '[::1]:9100',
      scheme: 'https',
      path: '/m',
      interval: '5s',
      timeout: '500ms',
      retries: 0,
      params: { a: ['1', '2'], b: '3' },
      labels: { team: 'storage' },
      body_size_limit: '1MB',
      sample_limit: 10,
      label_limit: 11,
      label_name_length_limit: 12,
      label_value_length_limit: 13,
      instance_key: 'k',
    });
    const parsed = parseInstance(data);
    expect(parsed.ok && parsed.value).to.deep.include({
      address: { host: '::1', port: 9100 },
      intervalMs: 5000,
      timeoutMs: 500,
      maxBodyBytes: 1_048_576,
      labelValueLengthLimit: 13,
      instanceKey: 'k',
    });
  });

  it('leaves out what is undefined', () => {
    expect(decode(serializeInstance({ address: 'h:1', interval: undefined }))).to.deep.equal({ address: 'h:1' });
  });

  const bad: readonly [unknown, string, RegExp][] = [
    [undefined, 'registration', /an object with an address/],
    [{}, 'address', /^address is missing; allowed: "host:port"/],
    [{ address: 'h' }, 'address', /^address is "h"/],
    [{ address: 'u:secret@h:1' }, 'address', /^address is "\*\*\*@h:1"/],
    [{ address: { host: 'h', port: 0 } }, 'address', /^address is "h:0"/],
    [{ address: { host: 'h' } }, 'address', /^address is an object of 1 fields/],
    [{ address: 'h:1', interval: 0 }, 'interval', /^interval is 0/],
    [{ address: 'h:1', interval: NaN }, 'interval', /^interval is NaN/],
    [{ address: 'h:1', interval: 1.5 }, 'interval', /^interval is 1.5/],
    [{ address: 'h:1', interval: '5' }, 'interval', /^interval is "5"; allowed: a duration such as "15s"/],
    [{ address: 'h:1', interval: 1e15 }, 'interval', /^interval is 1000000000000000/],
    [{ address: 'h:1', bodySizeLimit: 'huge' }, 'bodySizeLimit', /^bodySizeLimit is "huge"/],
    [{ address: 'h:1', labels: { service: 'x' } }, 'labels: a name', /is "service"; allowed: any name but service/],
    [{ address: 'h:1', labels: { a: 1 } }, 'labels.a', /^labels.a is 1/],
    [{ address: 'h:1', intervall: '5s' }, 'a field', /^a field is "intervall"; allowed: address, scheme, path/],
    [{ address: 'h:1', sample_limit: 5 }, 'a field', /sampleLimit/],
    [{ address: 'h:1', params: bigParams() }, 'registration', /^registration is \d+ bytes; allowed: at most 65536/],
  ];
  for (const [input, field, message] of bad) {
    const title = input === undefined ? 'nothing' : JSON.stringify(input).slice(0, 80);
    it(`refuses ${title}, naming ${field}`, () => {
      expect(() => serializeInstance(input as InstanceInput))
        .to.throw(InvalidRegistrationError, message)
        .with.property('field', field);
    });
  }

  function bigParams(): Record<string, string[]> {
    const names = Array.from({ length: 64 }, (_, index) => `p${index}`);
    return Object.fromEntries(names.map((name) => [name, new Array<string>(64).fill('x'.repeat(20))]));
  }
});

describe('parseInstance', () => {
  const parse = (fields: object): ReturnType<typeof parseInstance> =>
    parseInstance(Buffer.from(JSON.stringify(fields)));
  const others = { interval: '10s', labels: { zone: 'a' }, params: { module: ['x'] }, of_a_later_release: [1] };

  it('reads an instance alike whether or not one like it was read before', () => {
    const first = parse({ ...others, address: 'H-1:1', instance_key: 'one' });
    expect(first).to.deep.equal({
      ok: true,
      value: {
        address: { host: 'h-1', port: 1 },
        intervalMs: 10_000,
        labels: first.ok && first.value.labels,
        params: first.ok && first.value.params,
        instanceKey: 'one',
      },
    });
    const value = first.ok ? first.value : undefined;
    expect(parse({ address: 'h-1:1', ...others, instance_key: 'one' })).to.deep.equal(first);
    const other = parse({ address: '[::1]:2', ...others });
    expect(other.ok && { ...other.value, address: value?.address, instanceKey: 'one' }).to.deep.equal(value);
    expect(other.ok && Object.hasOwn(other.value, 'instanceKey')).to.equal(false);
  });

  it('refuses what is wrong in an instance like one that was read before', () => {
    parse({ address: 'h:1', ...others });
    for (const [wrong, reason] of [
      [{ address: 'h' }, /^address is "h"/],
      [{ address: 1 }, /^address is 1/],
      [{}, /^address/],
      [{ address: 'h:1', instance_key: '' }, /^instance_key is ""/],
      [{ address: 'h:1', instance_key: 'a\nb' }, /^instance_key/],
      [{ address: 'h:1', instance_key: null }, /^instance_key is null/],
    ] as const) {
      const parsed = parse({ ...others, ...wrong });
      expect(parsed.ok ? 'taken' : parsed.reason).to.match(reason);
    }
    const data = Buffer.from(JSON.stringify({ address: 'h:1', ...others }));
    expect(parseInstance(data, { unknownFields: 'refuse' }).ok).to.equal(false);
  });

  it('reads one as deep as a znode can be', () => {
    for (const depth of [200, 10_000]) {
      const deep = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
      expect(parseInstance(Buffer.from(`{"address":"h:1","later":${deep}}`)).ok, String(depth)).to.equal(true);
    }
  });

  it('reads thousands of different ones', () => {
    for (let count = 0; count < 3000; count += 1) {
      const parsed = parse({ address: 'h:1', timeout: `${(count % 1500) + 1}ms` });
      expect(parsed.ok && parsed.value.timeoutMs).to.equal((count % 1500) + 1);
    }
  });
});

describe('instanceJsonSchema', () => {
  it('describes every field, and requires the address alone', () => {
    const schema = instanceJsonSchema();
    const properties = schema['properties'] as Record<string, { description: string }>;
    expect(schema).to.deep.include({ type: 'object', required: ['address'] });
    expect(Object.keys(properties)).to.include.members(['address', 'scheme', 'interval', 'labels', 'instance_key']);
    expect(Object.values(properties).every(({ description }) => description !== '')).to.equal(true);
  });

  it('names the fields that a record may have, and no others', () => {
    for (const field of Object.keys(instanceJsonSchema()['properties'] as object)) {
      const parsed = parseInstance(Buffer.from(JSON.stringify({ address: 'h:1', [field]: {} })), {
        unknownFields: 'refuse',
      });
      expect(parsed.ok ? '' : parsed.reason, field).to.not.include('a field is');
    }
  });
});
