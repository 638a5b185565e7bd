package io.flotilla.shard.service;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Snapshot;
import com.codahale.metrics.Timer;
import io.flotilla.proto.metrics.Metric;
import io.flotilla.proto.metrics.MetricsReply;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcServer;
import java.util.Map;
import java.util.TreeMap;

/** Tells whoever asks what this process counts and times. */
final class MetricsService {
  private static final double NANOS_PER_MICRO = 1000;

  private final MetricRegistry registry;

  MetricsService(MetricRegistry registry) {
    this.registry = registry;
  }

  void handleOn(RpcServer server) {
    server.handle(RpcMethods.METRICS, call -> call.reply(snapshot()));
  }

  private MetricsReply snapshot() {
    Map<String, Metric.Builder> metrics = new TreeMap<>();
    registry.getCounters().forEach((name, counter) -> metrics.put(name, counter(counter)));
    registry.getGauges().forEach((name, gauge) -> metrics.put(name, gauge(gauge)));
    registry.getHistograms().forEach((name, histogram) -> metrics.put(name, histogram(histogram)));
    registry.getTimers().forEach((name, timer) -> metrics.put(name, timer(timer)));
    MetricsReply.Builder reply = MetricsReply.newBuilder();
    metrics.forEach((name, metric) -> reply.addMetrics(metric.setName(name)));
    return reply.build();
  }

  private static Metric.Builder counter(Counter counter) {
    return Metric.newBuilder().setValue((double) counter.getCount());
  }

  private static Metric.Builder gauge(Gauge<?> gauge) {
    return Metric.newBuilder()
        .setValue(gauge.getValue() instanceof Number number ? number.doubleValue() : 0);
  }

  private static Metric.Builder histogram(Histogram histogram) {
    return distribution(histogram.getCount(), histogram.getSnapshot(), 1);
  }

  private static Metric.Builder timer(Timer timer) {
    return distribution(timer.getCount(), timer.getSnapshot(), NANOS_PER_MICRO);
  }

  private static Metric.Builder distribution(long count, Snapshot recorded, double unit) {
    return Metric.newBuilder()
        .setValue((double) count)
        .setDistribution(true)
        .setMean(recorded.getMean() / unit)
        .setMedian(recorded.getMedian() / unit)
        .setP99(recorded.get99thPercentile() / unit)
        .setMax(recorded.getMax() / unit);
  }
}
