import type { CommandDefinition, OptionDefinition } from './command.ts';

const SINCE: OptionDefinition = {
  flags: '--since <age or time>',
  description: 'begin: an age such as 5m, RFC 3339, or Unix seconds',
};
const UNTIL: OptionDefinition = { flags: '--until <age or time>', description: 'end, likewise; the default is now' };
const DEFECTS = 'the answer says that something is not as it should be';

/** All commands, in the order of `--help`. */
export const COMMANDS: readonly CommandDefinition[] = [
  {
    usage: 'status',
    summary: 'show on one screen how the cluster does',
    description:
      'ZooKeeper and each server of its ensemble, Redis, whether all collectors work by the same ring, each collector with its share and lag, the slots of the last minutes, the worst targets. With one of the servers away it shows what can still be seen. Where the collectors do not agree on the ring it looks once more after 1.2 s: they publish theirs up to a second after a change.',
    examples: [
      ['pulsekeeper status', 'the whole cluster on one screen'],
      ["pulsekeeper status --json | jq '.slots.missed'", 'one figure for a script'],
    ],
    exitCodes: { 1: 'a problem of severity "error" is listed', 3: 'ZooKeeper or Redis is away; the rest is shown' },
    load: async () => (await import('./commands/status.ts')).runStatus,
  },
  {
    usage: 'targets',
    summary: 'list targets with owner, health and last error',
    description:
      'Registrations that are wrong are listed as rejected, with the reason; nobody scrapes them. With --slots, the counts up to MISSING are of the store over that time; REFUSED are the scrapes that the store refused since it had the slot of another collector, as the collectors that run now count them.',
    options: [
      {
        flags: '--health <list>',
        description: 'only up, down, unknown or rejected ones; several with commas',
        values: ['up', 'down', 'unknown', 'rejected'],
        isList: true,
      },
      { flags: '--service <name>', description: 'only those of a service' },
      { flags: '--owner <collector>', description: 'only those that a collector owns' },
      { flags: '--slots <duration>', description: 'count the slots of each over this time, as verify does' },
    ],
    examples: [
      ['pulsekeeper targets --health down,rejected', 'what needs a look, with reasons'],
      ['pulsekeeper targets --service web --json', 'for a script'],
    ],
    exitCodes: {
      1: 'there is no such service or collector',
      3: 'a server is away; without Redis the health is unknown',
    },
    load: async () => (await import('./commands/targets.ts')).runTargets,
  },
  {
    usage: 'collectors',
    summary: 'list collectors with share, ring, lag and slots',
    examples: [['pulsekeeper collectors', 'who takes part, and how much each has']],
    exitCodes: { 3: 'a server is away; the rest is shown' },
    load: async () => (await import('./commands/collectors.ts')).runCollectors,
  },
  {
    usage: 'services',
    summary: 'list services with the health of their targets',
    examples: [['pulsekeeper services', 'one line a service']],
    exitCodes: { 3: 'a server is away' },
    load: async () => (await import('./commands/services.ts')).runServices,
  },
  {
    usage: 'query <selector>',
    summary: 'print the samples of the series that match',
    description:
      "The selector is Prometheus's: a metric's name, matchers in braces (=, !=, =~, !~), or both. Without --step the samples are printed as they were scraped; with it, values at even steps, each the latest sample of at most 5 minutes before. --rate and --aggregate work at such steps as Prometheus's rate() and aggregation operators do; unless --step says otherwise there are about 60. --json is the data of Prometheus's HTTP API.",
    options: [
      { ...SINCE, default: '5m' },
      UNTIL,
      { flags: '--step <duration>', description: 'values at even steps instead of the samples' },
      { flags: '--rate <duration>', description: 'the per-second increase of counters, each over so long before' },
      {
        flags: '--aggregate <function>',
        description: 'put series together: sum, avg, min, max or count',
        values: ['sum', 'avg', 'min', 'max', 'count'],
      },
      {
        flags: '--by <labels>',
        description: 'one result for each value of these labels; several with commas',
        isList: true,
      },
      { flags: '--csv', description: 'comma-separated values after RFC 4180' },
    ],
    examples: [
      ['pulsekeeper query \'up{service="web"}\' --since 1h', 'which instances of web were up'],
      ["pulsekeeper query 'http_requests_total' --since 6h --step 1m --csv", 'a table for a spreadsheet'],
      [
        'pulsekeeper query http_requests_total --rate 5m --aggregate sum --by service',
        'requests a second of each service',
      ],
    ],
    load: async () => (await import('./commands/query.ts')).runQuery,
  },
  {
    usage: 'verify [targets...]',
    summary: 'count from the store which slots are there and which are missing',
    description:
      'Every record carries its interval, so what should be there follows from the data alone; the registry only tells which targets are still there. Slots that may still be written are not judged. Targets are named as service/instance, or by service.',
    options: [
      { ...SINCE, default: '1h' },
      UNTIL,
      {
        flags: '--grace <duration>',
        description: 'how long after its interval a slot may still be written',
        default: '2s',
      },
      { flags: '--all', description: 'print targets without a defect, too' },
    ],
    examples: [
      ['pulsekeeper verify --since 1h', 'prints totals and the targets with missing slots'],
      ['pulsekeeper verify web --since 10m --json', 'one service, for a script'],
    ],
    exitCodes: {
      1: 'slots are missing or doubled, or a named target does not exist',
      3: 'a server is away; without ZooKeeper all targets count as registered',
    },
    load: async () => (await import('./commands/verify.ts')).runVerify,
  },
  {
    usage: 'assignments',
    summary: 'show which collector owns which target',
    description: 'Computed from ZooKeeper by the same rule as the collectors follow, for slots of this moment.',
    examples: [['pulsekeeper assignments --json', 'the targets of every collector']],
    exitCodes: { 1: 'there are targets and no collector' },
    load: async () => (await import('./commands/assignments.ts')).runAssignments,
  },
  {
    usage: 'drain <collector>',
    summary: 'ask a collector to hand its targets over and leave',
    description:
      'The collector announces from which slot on it owns nothing; all collectors split the slots there, so none is missed or doubled. Its process ends by itself.',
    options: [
      { flags: '--wait', description: 'return when it has left' },
      { flags: '--timeout <duration>', description: 'with --wait: how long', default: '60s' },
    ],
    examples: [['pulsekeeper drain collector-2 --wait', 'before its machine is taken down']],
    exitCodes: { 1: 'there is no such collector, it does not answer, or it did not leave in time' },
    load: async () => (await import('./commands/drain.ts')).runDrain,
  },
  {
    usage: 'explain <target>',
    summary: 'explain how a target is scraped, by whom, and how it went',
    description:
      'Its effective rule and which layer each field comes from, its owner and why, its next slot, its latest slots, and the single attempts of those that did not go well at once, where the owner can be asked for them.',
    examples: [['pulsekeeper explain web/web-1', 'why is it scraped every 15s?']],
    exitCodes: { 1: 'there is no such target', 3: 'a server is away' },
    load: async () => (await import('./commands/explain.ts')).runExplain,
  },
  {
    usage: 'rules',
    summary: 'read, check and change scrape rules',
    examples: [
      ['pulsekeeper rules get', 'all rules, with their versions'],
      ['pulsekeeper rules edit --service web', 'the rule of one service, in your editor'],
    ],
    subcommands: [
      {
        usage: 'get',
        summary: 'print the rules as they stand in ZooKeeper',
        options: [
          { flags: '--defaults', description: 'only the rule of the whole cluster' },
          { flags: '--service <name>', description: 'only the rule of a service' },
          { flags: '--yaml', description: 'as YAML' },
        ],
        examples: [
          ['pulsekeeper rules get', 'all rules, with their versions'],
          ['pulsekeeper rules get --service web --yaml > web.yaml', 'to edit one'],
        ],
        exitCodes: { 1: 'there is no such service' },
        load: async () => (await import('./commands/rules-get.ts')).runRulesGet,
      },
      {
        usage: 'set <file>',
        summary: 'write a rule, checked first, unless somebody else changed it meanwhile',
        description:
          'The file is YAML or JSON; - reads standard input. An empty file takes the rule away. A file that `rules get --yaml` wrote says in its first line which version was read: it is written over that version only, and over the rule of that name.',
        options: [
          { flags: '--defaults', description: 'the rule of the whole cluster' },
          { flags: '--service <name>', description: 'the rule of a service' },
          { flags: '--dry-run', description: 'print what would change for which targets, and write nothing' },
          {
            flags: '--if-version <n>',
            description: 'only over this version, whatever the first line of the file says',
          },
        ],
        examples: [
          ['pulsekeeper rules set --service web web.yaml --dry-run', 'what would change'],
          ['echo "interval: 30s" | pulsekeeper rules set --service web -', 'from standard input'],
        ],
        exitCodes: { 1: 'somebody else changed the rule meanwhile', 2: 'the rule is wrong; nothing is written' },
        load: async () => (await import('./commands/rules-set.ts')).runRulesSet,
      },
      {
        usage: 'edit',
        summary: 'change a rule in your editor',
        description:
          'Opens the rule as YAML in $VISUAL, $EDITOR or vi, checks what was saved, shows what it changes for which targets, and writes it unless somebody else changed the rule meanwhile. After a mistake it offers to edit again; what was typed is kept in a file whenever it is not written.',
        options: [
          { flags: '--defaults', description: 'the rule of the whole cluster' },
          { flags: '--service <name>', description: 'the rule of a service' },
          { flags: '--yes', description: 'write a valid rule without asking' },
        ],
        examples: [
          ['pulsekeeper rules edit --service web', 'the rule of one service'],
          ['EDITOR="code --wait" pulsekeeper rules edit --defaults', 'in another editor'],
        ],
        exitCodes: { 1: 'somebody else changed the rule meanwhile', 2: 'the rule is wrong; nothing is written' },
        load: async () => (await import('./commands/rules-edit.ts')).runRulesEdit,
      },
      {
        usage: 'history',
        summary: 'list the versions of a rule, with who wrote them and when',
        description:
          'At most 20 versions are kept, the present one included. Who wrote one is what the program that wrote it said, and proves nothing.',
        options: [
          { flags: '--defaults', description: 'the rule of the whole cluster' },
          { flags: '--service <name>', description: 'the rule of a service' },
          { flags: '--show <version>', description: 'print that version as YAML' },
        ],
        examples: [
          ['pulsekeeper rules history --service web', 'what was written when'],
          [
            'pulsekeeper rules history --service web --show 3 | pulsekeeper rules set --service web -',
            'back to version 3',
          ],
        ],
        exitCodes: { 1: 'that version is not kept' },
        load: async () => (await import('./commands/rules-history.ts')).runRulesHistory,
      },
      {
        usage: 'schema',
        summary: 'print the JSON schema of a rule',
        description: 'For editors that complete YAML by a schema; the package has it in its folder schema, too.',
        options: [
          { flags: '--defaults', description: 'of the rule of the whole cluster' },
          { flags: '--service <name>', description: 'of the rule of a service; the default' },
        ],
        examples: [['pulsekeeper rules schema > service-rule.schema.json', 'for the first line of a YAML file']],
        load: async () => (await import('./commands/rules-schema.ts')).runRulesSchema,
      },
      {
        usage: 'validate <file>',
        summary: 'check a rule without any server',
        options: [
          { flags: '--defaults', description: 'as the rule of the whole cluster' },
          { flags: '--service <name>', description: 'as the rule of a service; the default' },
        ],
        examples: [['pulsekeeper rules validate --defaults defaults.yaml', 'in CI, before it is deployed']],
        exitCodes: { 2: 'the rule is wrong' },
        load: async () => (await import('./commands/rules-validate.ts')).runRulesValidate,
      },
    ],
  },
  {
    usage: 'series <selector>',
    summary: 'list the series that match, without their samples',
    examples: [['pulsekeeper series \'{service="web"}\'', 'everything that web exposes']],
    load: async () => (await import('./commands/series.ts')).runSeries,
  },
  {
    usage: 'labels [name]',
    summary: 'list the names of labels, or the values of one',
    examples: [
      ['pulsekeeper labels', 'the names of all labels'],
      ['pulsekeeper labels __name__', 'the names of all metrics'],
    ],
    load: async () => (await import('./commands/labels.ts')).runLabels,
  },
  {
    usage: 'doctor',
    summary: 'check the servers, the collectors and the registrations, with advice',
    examples: [['pulsekeeper doctor', 'after an installation, or when something is odd']],
    exitCodes: { 1: DEFECTS, 3: 'a server is away' },
    load: async () => (await import('./commands/doctor.ts')).runDoctor,
  },
  {
    usage: 'top',
    summary: 'watch the status, live',
    options: [
      { flags: '--every <duration>', description: 'time between two looks', default: '2s' },
      { flags: '--count <n>', description: 'end after so many looks' },
    ],
    examples: [
      ['pulsekeeper top', 'until Ctrl-C; fits 80 columns'],
      ['pulsekeeper top --every 10s --json', 'one status a line, for a program'],
    ],
    load: async () => (await import('./commands/top.ts')).runTop,
  },
  {
    usage: 'tail <selector>',
    summary: 'print samples as they come in',
    options: [{ flags: '--since <duration>', description: 'begin so long ago', default: '0s' }],
    examples: [
      ['pulsekeeper tail \'up{service="web"}\'', 'until Ctrl-C'],
      ['pulsekeeper tail \'{__name__=~"http_.*"}\' --json', 'one sample a line'],
    ],
    load: async () => (await import('./commands/tail.ts')).runTail,
  },
  {
    usage: 'plan',
    summary: 'show what would move with fewer or more collectors',
    options: [
      { flags: '--without <list>', description: 'collectors that leave; several with commas', isList: true },
      { flags: '--with <n>', description: 'so many collectors of capacity 1 join' },
    ],
    examples: [
      ['pulsekeeper plan --without collector-2', 'what a drain would move'],
      ['pulsekeeper plan --with 2', 'what two more collectors would take over'],
    ],
    exitCodes: { 1: 'there is no such collector' },
    load: async () => (await import('./commands/plan.ts')).runPlan,
  },
  {
    usage: 'register [command...]',
    summary: 'register a service in any language, beside its command or alone',
    description:
      'With a command after --: runs it, registers it once its metrics answer, hands it the signals, withdraws it when it ends, and exits with its exit code; it runs on while ZooKeeper is away. Without: registers until Ctrl-C or SIGTERM; a --port once something answers there, an --address at once unless it is to be probed, and --json prints a line for each thing that happens.',
    options: [
      { flags: '--service <name>', description: 'which service it is an instance of (required)' },
      { flags: '--instance <name>', description: 'its name; the default is the host name and the port' },
      { flags: '--port <n>', description: 'where its metrics are; the host is the first address that answers' },
      { flags: '--address <host:port>', description: 'the same, with the host' },
      { flags: '--path <path>', description: 'path of the metrics, if it is not /metrics' },
      { flags: '--scheme <scheme>', description: 'http or https', values: ['http', 'https'] },
      { flags: '--interval <duration>', description: 'how often it wants to be scraped' },
      { flags: '--timeout <duration>', description: 'how long a scrape may take' },
      { flags: '--retries <n>', description: 'retries within a slot' },
      { flags: '--label <name=value>', description: 'a label of all its series; may be repeated', isList: true },
      {
        flags: '--probe <duration>',
        description: 'ask for the metrics so often, and register only while they answer',
      },
    ],
    examples: [
      ['pulsekeeper register --service db --port 9187 -- postgres_exporter', 'an exporter, for as long as it runs'],
      ['pulsekeeper register --service node --address 10.0.0.7:9100 --probe 5s', 'something that runs already'],
    ],
    exitCodes: { 1: 'the name is held by somebody else, or the registration is refused (without a command)' },
    ownsSignals: true,
    load: async () => (await import('./commands/register.ts')).runRegister,
  },
  {
    usage: 'completion <shell>',
    summary: 'print a completion script for bash, zsh or fish',
    values: ['bash', 'zsh', 'fish'],
    examples: [['source <(pulsekeeper completion bash)', 'in ~/.bashrc']],
    load: async () => (await import('./commands/completion.ts')).completionRunner(COMMANDS),
  },
];
