import { expect } from 'chai';

import { describeServer, lacksQuorum, readServerAnswer, silentServer } from '../../../src/views/ensemble.ts';

const SRVR = `Zookeeper version: 3.9.3-c26634f34490bb0ea7a09cc51e05ede3b4e320ee, built on 2024-10-17 23:21 UTC
Latency min/avg/max: 0/0.4213/12
Received: 40
Mode: follower
Node count: 9
`;

describe('readServerAnswer', () => {
  it('reads what a server says of itself', () => {
    expect(readServerAnswer('zk1:2181', SRVR, 0.002)).to.deep.equal({
      server: 'zk1:2181',
      serving: true,
      mode: 'follower',
      version: '3.9.3-c26634f34490bb0ea7a09cc51e05ede3b4e320ee',
      answerSeconds: 0.002,
      latencySeconds: 0.0004213,
      problem: null,
    });
    expect(describeServer(readServerAnswer('zk1:2181', SRVR, 0.002))).to.equal('zk1:2181 follower 0.4ms');
  });

  const others: readonly (readonly [answer: string, serving: boolean | null, problem: RegExp])[] = [
    ['This ZooKeeper instance is not currently serving requests\n', false, /no quorum/],
    ['srvr is not executed because it is not in the whitelist.\n', null, /4lw\.commands\.whitelist/],
    ['', null, /does not say/],
    ['HTTP/1.1 400 Bad Request\r\n', null, /does not say/],
  ];
  for (const [answer, serving, problem] of others) {
    it(`understands ${JSON.stringify(answer)}`, () => {
      const server = readServerAnswer('zk1:2181', answer, 0.002);
      expect(server).to.include({ serving, mode: null, answerSeconds: 0.002 });
      expect(server.problem).to.match(problem);
      expect(describeServer(server)).to.match(problem);
    });
  }
});

describe('lacksQuorum', () => {
  const leader = readServerAnswer('a:1', 'Mode: leader', 0.1);
  const stray = readServerAnswer('b:1', 'This ZooKeeper instance is not currently serving requests', 0.1);
  const silent = silentServer('c:1', 'ECONNREFUSED');

  it('is true where servers answer and none of them serves', () => {
    expect(lacksQuorum([stray, silent])).to.equal(true);
    expect(lacksQuorum([stray, leader])).to.equal(false);
    expect(lacksQuorum([silent])).to.equal(false);
  });
});
