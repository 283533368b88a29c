// `npm test`: does the set-up, builds, checks the types of the tests, runs them. The last line is `N passed, N failed`
// (and `, N skipped`), from the real counts; the exit status is 0 only if nothing failed and something ran.
//
//   npm test -- [--group unit|integration|e2e]… [--package NAME]… [--other-node] [--checks] [--no-typecheck] [MOCHA OPTIONS]
//
//   PULSEKEEPER_TEST_LONG=1 npm test   runs outages, soaks and large numbers at their full length: some minutes more
//
//   --other-node   runs the unit tests once more, on Node 24 (or 20, where this is 24), if that can be had
//   --checks       checks format and lint beside the tests
import { repositoryRoot as root } from './bootstrap/repository-root.mjs';
import { runMain, setUp } from './bootstrap/set-up.mjs';
import { SetupError } from './bootstrap/setup-error.mjs';
import { otherNode } from './testing/other-node.mjs';
import { runChecks } from './testing/run-checks.mjs';
import { runGroup } from './testing/run-group.mjs';
import { formatCounts, formatFailures, sumCounts } from './testing/test-counts.mjs';
import { GROUPS, testFilesOf } from './testing/test-groups.mjs';

await runMain(async () => {
  const options = parseArguments(process.argv.slice(2));
  const needsServers = options.groups.some((group) => group !== 'unit');
  await setUp({ servers: needsServers ? ['zookeeper', 'redis'] : [] });

  // The end-to-end tests mostly wait for intervals and timeouts to pass: they run beside the others, of which those yield that
  // have no deadlines of their own: a slot does not wait for processor time.
  const endToEnd = options.groups.filter((group) => group === 'e2e');
  const others = options.groups.filter((group) => group !== 'e2e');
  const isBeside = endToEnd.length > 0 && (others.length > 0 || options.otherNode);
  const ofLanes = await Promise.all([
    runLane(others, options, { yields: isBeside }).then(async (counts) => [
      ...counts,
      ...(await runOnOtherNode(options, { yields: isBeside })),
    ]),
    runLane(endToEnd, options, { buffered: isBeside }),
    runChecks(root, [
      ...(options.typecheck ? ['typecheck:tests'] : []),
      ...(options.checks ? ['format:check', 'lint'] : []),
    ]),
  ]);

  const counts = sumCounts(ofLanes.flat());
  if (counts.passed + counts.failed === 0) process.stdout.write('no test ran\n');
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
  process.stdout.write(`${formatFailures(counts.failures)}\n${formatCounts(counts)}\n`);
});

/** Runs groups one after the other. */
async function runLane(groups, { packages, mochaArgs }, { buffered = false, yields = false } = {}) {
  const results = [];
  for (const title of groups) {
    const files = testFilesOf(root, title, packages);
    if (files.length > 0) {
      results.push(await runGroup({ root, title, files, mochaArgs, buffered, yields: yields && title === 'unit' }));
    }
  }
  return results;
}

/** The unit tests once more, on the other Node.js, where that was asked for. */
async function runOnOtherNode({ otherNode: isWanted, packages, mochaArgs }, { yields }) {
  if (!isWanted) return [];
  const node = await otherNode();
  if (node === undefined) {
    process.stdout.write('\n=== no other Node.js could be had from npm: its run of the unit tests is left out\n');
    return [];
  }
  const title = `unit on Node ${node.major}`;
  const files = testFilesOf(root, 'unit', packages);
  return [await runGroup({ root, title, files, mochaArgs, node: node.command, yields })];
}

/** @param {readonly string[]} args */
function parseArguments(args) {
  const groups = [];
  const packages = [];
  const mochaArgs = [];
  const flags = new Set();
  for (let index = 0; index < args.length; index += 1) {
    const [name = '', inline] = args[index]?.split('=', 2) ?? [];
    if (name === '--group' || name === '--package') {
      const value = inline ?? args[(index += 1)];
      if (value === undefined) throw new SetupError(`${name} needs a value`);
      if (name === '--group' && !GROUPS.includes(value)) {
        throw new SetupError(`--group ${value}: the groups are ${GROUPS.join(', ')}`);
      }
      (name === '--group' ? groups : packages).push(value);
    } else if (name === '--other-node' || name === '--checks' || name === '--no-typecheck') {
      flags.add(name);
    } else {
      mochaArgs.push(args[index]);
    }
  }
  return {
    groups: groups.length > 0 ? groups : [...GROUPS],
    packages,
    mochaArgs,
    typecheck: !flags.has('--no-typecheck'),
    otherNode: flags.has('--other-node'),
    checks: flags.has('--checks'),
  };
}
