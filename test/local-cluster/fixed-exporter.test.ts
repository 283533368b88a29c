import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { registerInstance, serializeInstance, ZkSession } from '@pulsekeeper/registry';
import { eventually, startRedis, startZooKeeper, timeFactor } from '@pulsekeeper/test-support';
import { expect } from 'chai';

import { CollectorProcess } from '../support/collector-process.ts';

const CLI = join(import.meta.dirname, '../../packages/cli/bin/pulsekeeper.js');
const INSTANCES = ['a', 'b', 'c'];

/** As an exporter writes it, and as `query` must print it. */
const SERVED: readonly (readonly [name: string, written: string, printed: string])[] = [
  ['fixed_nan', 'NaN', 'NaN'],
  ['fixed_infinity', '+Inf', '+Inf'],
  ['fixed_negative_infinity', '-Inf', '-Inf'],
  ['fixed_negative_zero', '-0', '-0'],
  ['fixed_zero', '0', '0'],
  ['fixed_least', '5e-324', '5e-324'],
  ['fixed_greatest', '1.7976931348623157e+308', '1.7976931348623157e+308'],
  ['fixed_sum', '0.30000000000000004', '0.30000000000000004'],
  // 2^53 + 1 has no double; what a parser makes of it is 2^53.
  ['fixed_beyond_integers', '9007199254740993', '9007199254740992'],
  ['fixed_third', '0.3333333333333333', '0.3333333333333333'],
];

interface Matrix {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [seconds: number, value: string])[];
  }[];
}

describe('what an exporter serves', function () {
  this.timeout(60_000 * timeFactor);
  let exporter: Server;

  before(async () => {
    const body = SERVED.map(([name, written]) => `${name} ${written}\n`).join('');
    exporter = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(body);
    });
    await once(exporter.listen(0, '127.0.0.1'), 'listening');
  });

  after(() => {
    exporter.close();
    exporter.closeAllConnections();
  });

  it('is read back by `query` bit for bit, from one stream a target', async () => {
    const [server, redis] = await Promise.all([startZooKeeper(), startRedis()]);
    const zookeeper = `${server.connectString}/pulsekeeper`;
    const session = new ZkSession({ connectString: zookeeper });
    await session.start();
    try {
      const address = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
      for (const instance of INSTANCES) {
        const data = serializeInstance({ address, interval: '500ms', timeout: '400ms', instanceKey: instance });
        await registerInstance(session, { service: 'fixed', instance, data, instanceKey: instance }).start();
      }
      const env = { PULSEKEEPER_SELF_REGISTRATION: 'false' };
      await CollectorProcess.start({ id: 'c1', zookeeper, redis: redis.url, env });

      const query = async (): Promise<Matrix> => {
        const args = [CLI, 'query', '{__name__=~"fixed_.*"}', '--since', '1m', '--json'];
        const settings = { ...process.env, PULSEKEEPER_ZOOKEEPER: zookeeper, PULSEKEEPER_REDIS: redis.url };
        const { stdout } = await promisify(execFile)(process.execPath, args, { env: settings });
        return JSON.parse(stdout) as Matrix;
      };
      const { result } = await eventually(
        async () => {
          const matrix = await query();
          expect(matrix.result).to.have.length(SERVED.length * INSTANCES.length);
          // More than a key frame: what deltas leave out is read as well.
          for (const { values } of matrix.result) expect(values.length).to.be.at.least(4);
          return matrix;
        },
        { timeoutMs: 20_000, intervalMs: 500 },
      );
      const printed = new Map(SERVED.map(([name, , value]) => [name, value]));
      for (const { metric, values } of result) {
        const wanted = values.map(() => printed.get(metric['__name__'] ?? ''));
        expect(
          values.map(([, value]) => value),
          JSON.stringify(metric),
        ).to.deep.equal(wanted);
      }

      const [cursor, ...streams] = (await redis.cli('SCAN', 0, 'COUNT', 10_000, 'TYPE', 'stream')).split('\n');
      expect(cursor).to.equal('0');
      expect(streams).to.have.length(INSTANCES.length);
    } finally {
      await session.stop();
    }
  });
});
