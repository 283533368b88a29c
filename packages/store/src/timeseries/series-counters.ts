/** What was written as time series since the start. */
export interface TimeseriesHealth {
  /** Samples that Redis took, or had already. */
  readonly samples: number;
  /** NaN and infinities, which the module refuses: they are left out. */
  readonly nonFiniteSamples: number;
  /** Samples older than their series' retention. */
  readonly expiredSamples: number;
  /** Samples that Redis refused for another reason, such as a key of another type. */
  readonly refusedSamples: number;
  /** Series that were created, those that had vanished included. */
  readonly createdSeries: number;
}

/** {@link TimeseriesHealth}, being counted. */
export class SeriesCounters implements TimeseriesHealth {
  samples = 0;
  nonFiniteSamples = 0;
  expiredSamples = 0;
  refusedSamples = 0;
  createdSeries = 0;

  snapshot(): TimeseriesHealth {
    const { samples, nonFiniteSamples, expiredSamples, refusedSamples, createdSeries } = this;
    return { samples, nonFiniteSamples, expiredSamples, refusedSamples, createdSeries };
  }
}
