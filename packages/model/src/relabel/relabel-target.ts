import { parseDuration, formatDuration } from '../duration.ts';
import { RelabelError } from '../errors.ts';
import { isClassicLabelName, labelValue, newLabelSet, type LabelSet } from '../labels.ts';
import { cutText, escapeUnsafe, showValue } from '../show-value.ts';
import { isScrapePath, RESERVED_LABELS } from '../rule-field.ts';
import { newParams, type ScrapeParams, type ScrapeRule, type Scheme } from '../scrape-rule.ts';
import { ALLOWED_ADDRESS, formatAddress, readAddress, type TargetAddress } from '../target-address.ts';
import { compileRelabelling } from './relabelling.ts';

/** What relabelling a target may change: its rule (with its labels) and where it is. */
export interface RelabelledTarget {
  readonly rule: ScrapeRule;
  readonly address: TargetAddress;
}

/** What came of relabelling a target. */
export type TargetRelabelling =
  | { readonly kind: 'kept'; readonly target: RelabelledTarget }
  /** A step drops it: it is not to be scraped, and nothing is wrong with it. */
  | { readonly kind: 'dropped'; readonly reason: string }
  /** The steps made something of it that cannot be scraped. */
  | { readonly kind: 'refused'; readonly reason: string };

const PARAM_PREFIX = '__param_';
const INTERNAL_PREFIX = '__';
const NO_META: LabelSet = Object.freeze(newLabelSet());

/**
 * Does `relabel_configs` to a target, as Prometheus does: the steps see the labels of the rule, `service`, `instance` and
 *
 * | label | what |
 * | --- | --- |
 * | `__address__` | `host:port` |
 * | `__scheme__`, `__metrics_path__` | of the URL |
 * | `__param_<name>` | first value of a parameter |
 * | `__scrape_interval__`, `__scrape_timeout__` | durations |
 * | `__meta_pulsekeeper_service`, `__meta_pulsekeeper_instance` | the identity |
 * | `__meta_serverset_…`, `__meta_nerve_…`, `__meta_curator_…` | `meta`: of an instance in a foreign tree |
 *
 * and what they leave in these is what is scraped. All labels that begin with `__` are gone afterwards. The identity is not
 * theirs to change: `service` and `instance` are put back.
 */
export function relabelTarget(
  rule: ScrapeRule,
  address: TargetAddress,
  identity: { readonly service: string; readonly instance: string },
  meta: LabelSet = NO_META,
): TargetRelabelling {
  try {
    const relabelled = compileRelabelling(rule.relabel).apply(labelsOf(rule, address, identity, meta));
    if (relabelled.isDropped) {
      const { action } = rule.relabel[relabelled.step] ?? { action: 'drop' };
      return { kind: 'dropped', reason: `dropped by relabel_configs[${relabelled.step}], action ${action}` };
    }
    return { kind: 'kept', target: targetOf(rule, relabelled.labels) };
  } catch (error) {
    if (!(error instanceof RelabelError)) {
      throw error;
    }
    return { kind: 'refused', reason: `relabel_configs: ${error.message}` };
  }
}

function labelsOf(
  rule: ScrapeRule,
  address: TargetAddress,
  { service, instance }: { readonly service: string; readonly instance: string },
  meta: LabelSet,
): LabelSet {
  const labels = Object.assign(newLabelSet(), meta, rule.labels, {
    service,
    instance,
    __address__: formatAddress(address),
    __scheme__: rule.scheme,
    __metrics_path__: rule.path,
    __scrape_interval__: formatDuration(rule.intervalMs),
    __scrape_timeout__: formatDuration(rule.timeoutMs),
    __meta_pulsekeeper_service: service,
    __meta_pulsekeeper_instance: instance,
  });
  for (const [name, values] of Object.entries(rule.params)) {
    labels[PARAM_PREFIX + name] = values[0] ?? '';
  }
  return labels;
}

/** @throws RelabelError when a label says something that a rule could not say either. */
function targetOf(rule: ScrapeRule, labels: LabelSet): RelabelledTarget {
  const address = readAddress(labelValue(labels, '__address__'));
  if (address === undefined) {
    refuse('__address__', labels, ALLOWED_ADDRESS);
  }
  const path = labelValue(labels, '__metrics_path__');
  if (!isScrapePath(path)) {
    refuse('__metrics_path__', labels, 'a URL path that begins with one "/"');
  }
  return {
    address,
    rule: {
      ...rule,
      scheme: schemeOf(labels),
      path,
      params: paramsOf(rule.params, labels),
      intervalMs: durationOf('__scrape_interval__', labels),
      timeoutMs: durationOf('__scrape_timeout__', labels),
      labels: ownLabelsOf(rule, labels),
    },
  };
}

function schemeOf(labels: LabelSet): Scheme {
  const scheme = labelValue(labels, '__scheme__');
  return scheme === 'http' || scheme === 'https' ? scheme : refuse('__scheme__', labels, '"http" or "https"');
}

/** As in Prometheus, a parameter's first value is replaced; a label that was removed leaves the parameter as it was. */
function paramsOf(given: ScrapeParams, labels: LabelSet): ScrapeParams {
  const params = Object.assign(newParams(), given);
  for (const [label, value] of Object.entries(labels)) {
    const name = label.slice(PARAM_PREFIX.length);
    if (label.startsWith(PARAM_PREFIX) && name !== '') {
      params[name] = [value, ...(params[name] ?? []).slice(1)];
    }
  }
  return params;
}

function durationOf(name: string, labels: LabelSet): number {
  try {
    const ms = parseDuration(labelValue(labels, name));
    if (ms > 0) {
      return ms;
    }
  } catch {
    // Why it is no duration does not matter: the reason says what is allowed.
  }
  return refuse(name, labels, 'a duration above 0, such as "15s"');
}

/** The labels that stay, but for the identity. */
function ownLabelsOf(rule: ScrapeRule, labels: LabelSet): LabelSet {
  const own = newLabelSet();
  for (const [name, value] of Object.entries(labels)) {
    if (name.startsWith(INTERNAL_PREFIX) || RESERVED_LABELS.includes(name)) {
      continue;
    }
    if (!isClassicLabelName(name) || Buffer.byteLength(name) > rule.labelNameLengthLimit) {
      throw new RelabelError(
        `a label is named ${showValue(name)}; allowed: at most ${rule.labelNameLengthLimit} letters, digits and "_"`,
      );
    }
    if (Buffer.byteLength(value) > rule.labelValueLengthLimit) {
      throw new RelabelError(
        `label ${name} has ${Buffer.byteLength(value)} bytes; allowed: ${rule.labelValueLengthLimit}`,
      );
    }
    own[name] = value;
  }
  return own;
}

function refuse(name: string, labels: LabelSet, allowed: string): never {
  throw new RelabelError(
    cutText(escapeUnsafe(`${name} is ${showValue(labelValue(labels, name))}; allowed: ${allowed}`), 250),
  );
}
