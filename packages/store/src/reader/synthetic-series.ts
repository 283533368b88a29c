import {
  METRIC_NAME_LABEL,
  newLabelSet,
  type LabelSet,
  type MetricMetadata,
  type ScrapeReport,
} from '@pulsekeeper/model';

interface SyntheticSeries {
  readonly metadata: MetricMetadata;
  readonly valueOf: (report: ScrapeReport) => number;
}

/** The series that each scrape yields by itself, as Prometheus names them, and two of our own. */
export const SYNTHETIC_SERIES: readonly SyntheticSeries[] = [
  synthetic('up', '', '1 if the target could be scraped, 0 otherwise.', (report) => (report.up ? 1 : 0)),
  synthetic('scrape_duration_seconds', 'seconds', 'Duration of the scrape.', (report) => report.durationSeconds),
  synthetic('scrape_samples_scraped', '', 'Samples that the target exposed.', (report) => report.samplesScraped),
  synthetic(
    'scrape_samples_post_metric_relabeling',
    '',
    'Samples left after relabelling.',
    (report) => report.samplesPostRelabel,
  ),
  synthetic('scrape_series_added', '', 'Series that the scrape before did not have.', (report) => report.seriesAdded),
  synthetic('scrape_attempts', '', 'Requests made for this scrape.', (report) => report.attempts),
  synthetic('scrape_body_size_bytes', 'bytes', 'Size of the body, uncompressed.', (report) => report.bodyBytes),
];

/** Labels of a synthetic series of a target. */
export function syntheticLabels(name: string, target: LabelSet): LabelSet {
  const labels = newLabelSet();
  labels[METRIC_NAME_LABEL] = name;
  return Object.assign(labels, target);
}

function synthetic(
  name: string,
  unit: string,
  help: string,
  valueOf: (report: ScrapeReport) => number,
): SyntheticSeries {
  return { metadata: { name, type: 'gauge', help, unit }, valueOf };
}
