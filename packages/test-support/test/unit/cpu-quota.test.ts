import { expect } from 'chai';

import { groupParents } from '../../src/cpu-quota.ts';

describe('groupParents', () => {
  it('is the group that holds the controller, where each has a tree of its own', () => {
    const mounts = [
      'tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0',
      'cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0',
      'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0',
    ].join('\n');
    expect(groupParents(mounts, '2:cpu,cpuacct:/user.slice\n')).to.deep.equal([
      { version: 1, folder: '/sys/fs/cgroup/cpu,cpuacct' },
    ]);
  });

  it('is the root of the one tree of all controllers, or a group on the way to the own one', () => {
    const mounts = 'proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n';
    expect(groupParents(mounts, '0::/user.slice/test.scope\n').map(({ folder }) => folder)).to.deep.equal([
      '/sys/fs/cgroup',
      '/sys/fs/cgroup/user.slice/test.scope',
      '/sys/fs/cgroup/user.slice',
    ]);
    expect(groupParents(mounts, '0::/\n')).to.deep.equal([{ version: 2, folder: '/sys/fs/cgroup' }]);
  });

  it('is nowhere without control groups', () => {
    expect(groupParents('', '')).to.deep.equal([]);
  });
});
