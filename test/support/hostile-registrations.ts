/** Data of a znode that somebody made under a service, and what is to become of it. */
export interface HostileRegistration {
  readonly title: string;
  readonly data: Uint8Array;
  /**
   * `rejected`: it makes no sense, nobody scrapes it. `denied`: it names a place that must not be scraped, so every slot
   * ends as down. `clamped`: its excess is cut to the bounds of the cluster.
   */
  readonly fate: 'rejected' | 'denied' | 'clamped';
}

const VALID = { address: '127.0.0.1:1', interval: '5s' };

/** Fields that make a registration senseless. */
const SENSELESS: readonly (readonly [title: string, patch: Readonly<Record<string, unknown>>])[] = [
  ['no address', { address: undefined }],
  ['an address that is a number', { address: 9100 }],
  ['an address without a port', { address: '10.0.0.1' }],
  ['port 0', { address: '10.0.0.1:0' }],
  ['port 65536', { address: '10.0.0.1:65536' }],
  ['a decimal number as host', { address: '2852039166:80' }],
  ['a number in hex as host', { address: '0xa9fea9fe:80' }],
  ['an address in octal', { address: '0251.0376.0251.0376:80' }],
  ['credentials in the address', { address: 'user:pw@10.0.0.1:9100' }],
  ['a URL as address', { address: 'file:///etc/passwd' }],
  ['a line break in the address', { address: '10.0.0.1\r\nx:9100' }],
  ['a NUL in the address', { address: '10.0.0.1\u0000:9100' }],
  ['a very long host', { address: `${'h'.repeat(5000)}:9100` }],
  ['scheme file', { scheme: 'file' }],
  ['scheme javascript', { scheme: 'javascript' }],
  ['interval 0', { interval: '0' }],
  ['interval 0s', { interval: '0s' }],
  ['a negative interval', { interval: '-1s' }],
  ['interval 1e9', { interval: 1e9 }],
  ['interval "5"', { interval: '5' }],
  ['interval NaN', { interval: 'NaN' }],
  ['interval Infinity', { interval: 'Infinity' }],
  ['an endless interval', { interval: `${'9'.repeat(400)}s` }],
  ['an interval that is a list', { interval: ['5s'] }],
  ['timeout 0', { timeout: '0' }],
  ['retries -1', { retries: -1 }],
  ['retries 1.5', { retries: 1.5 }],
  ['retries 1e9', { retries: 1e9 }],
  ['retries as text', { retries: '2' }],
  ['a path without a slash', { path: 'metrics' }],
  ['a path to another host', { path: '//evil/metrics' }],
  ['a path with a line break', { path: '/metrics\r\nHost: evil' }],
  ['a very long path', { path: `/${'p'.repeat(10_000)}` }],
  ['params that are a list', { params: [] }],
  ['params with an object', { params: { a: { b: 'c' } } }],
  ['labels that are text', { labels: 'a=b' }],
  ['a label value that is a number', { labels: { a: 1 } }],
  ['an empty label name', { labels: { '': 'c' } }],
  ['a reserved label name', { labels: { __name__: 'c' } }],
  ['a very long label value', { labels: { a: 'v'.repeat(40_000) } }],
  ['very many labels', { labels: Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`l${i}`, 'v'])) }],
];

/** Data that is no registration at all. */
const NO_REGISTRATION: readonly (readonly [title: string, data: string | Uint8Array])[] = [
  ['nothing', ''],
  ['text', 'hello'],
  ['null', 'null'],
  ['a list', '[]'],
  ['half an object', '{"address":"10.0.0.1:9100"'],
  ['a NaN', '{"address":"10.0.0.1:9100","retries":NaN}'],
  ['broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ['an address in __proto__', '{"__proto__":{"address":"10.0.0.1:9100"}}'],
  ['an address in constructor', '{"constructor":{"prototype":{"address":"10.0.0.1:9100"}}}'],
  ['deep nesting', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
  ['1 MB', `{"address":"10.0.0.1:9100","x":"${'y'.repeat(1_000_000)}"}`],
];

/** Ways to write the address of a cloud's metadata service, and others that nobody should be made to ask. */
const FORBIDDEN_ADDRESSES: readonly string[] = [
  '169.254.169.254:80',
  '[::ffff:169.254.169.254]:80',
  '[::ffff:a9fe:a9fe]:80',
  '[fe80::1]:80',
  '[fd00:ec2::254]:80',
  '0.0.0.0:80',
  '[::]:80',
  '224.0.0.1:80',
  '255.255.255.255:80',
];

/** One registration for each way to be wrong or hostile that we know of. */
export function hostileRegistrations(): HostileRegistration[] {
  const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
  return [
    ...SENSELESS.map(([title, patch]) => ({ title, data: json({ ...VALID, ...patch }), fate: 'rejected' as const })),
    ...NO_REGISTRATION.map(([title, data]) => ({ title, data: Buffer.from(data), fate: 'rejected' as const })),
    ...FORBIDDEN_ADDRESSES.map((address) => ({
      title: `address ${address}`,
      data: json({ ...VALID, address }),
      fate: 'denied' as const,
    })),
    { title: 'interval 1ms', data: json({ ...VALID, interval: '1ms' }), fate: 'clamped' },
    { title: '100 retries', data: json({ ...VALID, retries: 100 }), fate: 'clamped' },
  ];
}
