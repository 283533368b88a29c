import { setTimeout as sleep } from 'node:timers/promises';

import { cli, containers, docker } from './compose-client.mjs';

const DEMO_SERVICES = ['storefront', 'checkout', 'warehouse'];

/**
 * The last failure of the step that is being tried, so that a step that times out can say why.
 *
 * @param {string} title
 * @param {number} limitSeconds
 * @param {() => Promise<string>} attempt throws while it does not hold; says what it found
 */
async function step(title, limitSeconds, attempt) {
  const startedMs = Date.now();
  for (;;) {
    try {
      const found = await attempt();
      process.stdout.write(`ok   ${title}: ${found} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)\n`);
      return;
    } catch (error) {
      if (Date.now() - startedMs > limitSeconds * 1000) {
        process.stdout.write(`FAIL ${title}: ${error.message}\n`);
        throw error;
      }
      await sleep(500);
    }
  }
}

function demand(holds, problem) {
  if (!holds) throw new Error(problem);
}

async function demoTargets() {
  const targets = await cli(['targets']);
  return targets.filter(({ target }) => DEMO_SERVICES.includes(target.split('/')[0]));
}

/** Every container runs and says that it is healthy. */
async function allHealthy() {
  const all = (await containers()).filter(({ Service }) => Service !== 'cli');
  const ill = all.filter(({ State, Health }) => State !== 'running' || Health !== 'healthy');
  demand(
    ill.length === 0,
    `not healthy: ${ill.map(({ Name, State, Health }) => `${Name} ${State} ${Health}`).join(', ')}`,
  );
  const collectors = all.filter(({ Service }) => Service === 'collector');
  demand(collectors.length >= 3, `${collectors.length} collectors, not 3`);
  return `${all.length} containers, ${collectors.length} of them collectors`;
}

/** Every demo instance is registered, owned and up. */
async function allUp(knownOwners) {
  const targets = await demoTargets();
  demand(targets.length >= 6, `${targets.length} demo targets, not 6`);
  const services = new Set(targets.map(({ target }) => target.split('/')[0]));
  demand(services.size === DEMO_SERVICES.length, `demo services: ${[...services].join(', ')}`);
  const wrong = targets.filter(({ owner, health }) => health !== 'up' || !owner || knownOwners?.has(owner) === false);
  demand(
    wrong.length === 0,
    wrong.map(({ target, owner, health, lastError }) => `${target} ${health}, owner ${owner}, ${lastError}`).join('; '),
  );
  return `${targets.length} demo targets of ${services.size} services`;
}

/** Each demo target has a stream in Redis, and `query` reads samples of the last half minute. */
async function dataInRedis() {
  const targets = await demoTargets();
  const count = await countStreams();
  demand(count >= targets.length, `${count} streams in Redis for ${targets.length} demo targets`);
  const { result } = await cli(['query', 'up{demo="true"}', '--since', '30s']);
  demand(result.length === targets.length, `query found ${result.length} series of up, not ${targets.length}`);
  const samples = result.reduce((sum, { values }) => sum + values.length, 0);
  demand(
    result.every(({ values }) => values.length > 0),
    'a series without samples',
  );
  return `${count} streams, ${samples} samples of up in 30 s`;
}

/** How many streams Redis holds. */
async function countStreams() {
  let count = 0;
  let cursor = '0';
  do {
    const scan = ['scan', cursor, 'count', '1000', 'type', 'stream'];
    const [next = '0', ...keys] = (await docker(['compose', 'exec', '-T', 'redis', 'redis-cli', ...scan]))
      .trim()
      .split('\n');
    count += keys.filter(Boolean).length;
    cursor = next;
  } while (cursor !== '0');
  return count;
}

/** Kills the collector that owns most and sees the others scrape its targets. */
async function takeOver() {
  const before = await demoTargets();
  const owners = new Map();
  for (const { owner } of before) owners.set(owner, (owners.get(owner) ?? 0) + 1);
  const [[victim, owned]] = [...owners].sort(([, left], [, right]) => right - left);
  const collectors = (await containers()).filter(({ Service }) => Service === 'collector');
  const container = await containerOf(victim, collectors);
  const lost = new Set(before.filter(({ owner }) => owner === victim).map(({ target }) => target));
  await docker(['kill', '--signal', 'KILL', container.ID]);
  const killedMs = Date.now();
  process.stdout.write(`     killed ${container.Name}, collector ${victim}, owner of ${owned} demo targets\n`);
  await step('its targets taken over', 40, async () => {
    const after = (await demoTargets()).filter(({ target }) => lost.has(target));
    demand(after.length === lost.size, `${after.length} of ${lost.size} targets are left`);
    const waiting = after.filter(
      ({ owner, health, lastScrape }) => owner === victim || health !== 'up' || timeOf(lastScrape) <= killedMs,
    );
    demand(
      waiting.length === 0,
      waiting.map(({ target, owner, health }) => `${target} ${health}, owner ${owner}`).join('; '),
    );
    return `${after.length} targets scraped by ${new Set(after.map(({ owner }) => owner)).size} others`;
  });
  await docker(['start', container.ID]);
}

/** The container whose collector has this id: by default, an id begins with the container's host name. */
async function containerOf(collectorId, collectors) {
  const found = collectors.find(({ ID, Name }) => collectorId.startsWith(ID.slice(0, 12)) || collectorId === Name);
  demand(
    found !== undefined,
    `no container of collector ${collectorId} among ${collectors.map(({ Name }) => Name).join(', ')}`,
  );
  return found;
}

/** @param {string | number} time an ISO time, or Unix seconds or milliseconds */
function timeOf(time) {
  if (typeof time === 'string') return Date.parse(time);
  return time < 1e11 ? time * 1000 : time;
}

try {
  await step('all services healthy', 60, allHealthy);
  await step('every demo target up', 60, () => allUp());
  await step('data in Redis', 60, dataInRedis);
  await takeOver();
  await step('all services healthy again', 60, allHealthy);
  await step('every demo target still up', 30, () => allUp());
} catch (error) {
  process.stderr.write(`compose-verify: ${error.message}\n`);
  process.exitCode = 1;
}
