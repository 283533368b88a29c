/** The two formats that are read. Prometheus' protobuf format is not one of them. */
export type ExpositionFormat = 'prometheus-text' | 'openmetrics';

/** Metric types as named by OpenMetrics; the `untyped` of the Prometheus text format is `unknown`. */
export type MetricType =
  'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown' | 'info' | 'stateset' | 'gaugehistogram';

/** What a body says about one metric family. */
export interface MetricMetadata {
  readonly name: string;
  readonly type: MetricType;
  /** Unescaped; empty when the body has none. */
  readonly help: string;
  /** Empty when the body has none. */
  readonly unit: string;
}

/** An observation that a sample points to, such as a trace. */
export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestampMs?: number | undefined;
}

/** An exemplar of a series of an {@link Exposition}. */
export interface SeriesExemplar extends Exemplar {
  /** Index of the series. */
  readonly index: number;
}

/**
 * What one body holds, in columns: entry `i` of each column belongs to series `i`, in the order of the body.
 *
 * The arrays belong to the receiver and stay as they are, unless the parser was told to reuse them.
 * `keys` and `metadata` are shared with later results (and other parsers) and must not be written to.
 */
export interface Exposition {
  /** Canonical series keys (`name{a="b",c="d"}`, labels sorted, empty ones left out), UTF-8, each followed by `\n`. */
  readonly keys: Uint8Array;
  /** Number of series. */
  readonly size: number;
  readonly values: Float64Array;
  /** Milliseconds of Unix time, NaN where a sample has none; `undefined` when no sample has one. */
  readonly timestampsMs: Float64Array | undefined;
  readonly metadata: readonly MetricMetadata[];
  /** Keys and metadata are the same objects as in this parser's previous result. */
  readonly isSameSeries: boolean;
  /** Series whose value differs in any bit from the previous result, ascending; `undefined` unless `isSameSeries`. */
  readonly changed: Uint32Array | undefined;
  /** Samples left out because their series had occurred earlier in the body. The first one wins. */
  readonly duplicates: number;
  /** Only with the option `exemplars`. */
  readonly exemplars: readonly SeriesExemplar[] | undefined;
}
