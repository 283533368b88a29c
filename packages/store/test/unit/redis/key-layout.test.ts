import { expect } from 'chai';
import { targetId } from '@pulsekeeper/model';
import { keyLayout } from '../../../src/redis/key-layout.ts';

describe('keyLayout', () => {
  const keys = keyLayout('pk');

  it('puts the keys of a target under one hash tag', () => {
    expect(keys.frames(targetId('api', 'a1'))).to.equal('pk:{api/a1}:frames');
    expect(keys.late(targetId('api', 'a1'))).to.equal('pk:{api/a1}:late');
  });

  it('keeps names with braces from ending the tag, and from meeting each other', () => {
    expect(keys.frames(targetId('a}b', '{%'))).to.equal('pk:{a%7Db/%7B%25}:frames');
  });
});
