package io.flotilla.router.gateway;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Counts what this room is asked for: {@link Metric}, and each command by its name. */
final class GatewayMetrics {
  /** Every counter of this room but those of commands, and what a reader may conclude from it. */
  enum Metric {
    /** Clients connected now. */
    CONNECTIONS("router.gateway.connections"),
    /** Clients ever connected. Rising fast: a client connects for each command. */
    CONNECTIONS_OPENED("router.gateway.connections.opened"),
    /** Clients turned away, for there were as many as allowed. */
    CONNECTIONS_REFUSED("router.gateway.connections.refused"),
    /** Clients closed for they took no replies. */
    SLOW_READERS("router.gateway.connections.slow"),
    /** Times that a client had to wait, for replies that others do not take used up the memory. */
    REPLY_MEMORY_WAITS("router.gateway.replies.waits"),
    /** Streams that were not the protocol. */
    PROTOCOL_ERRORS("router.gateway.protocol.errors"),
    /** Commands answered, of all names. */
    COMMANDS("router.gateway.commands"),
    /** Commands answered by an error, whatever its code. */
    ERROR_REPLIES("router.gateway.commands.errors");

    private final String metric;

    Metric(String metric) {
      this.metric = metric;
    }
  }

  private final MetricRegistry registry;
  private final Map<Metric, Counter> counters = new HashMap<>();
  private final Map<String, Counter> commands = new HashMap<>();

  GatewayMetrics(MetricRegistry registry, Collection<Command> table) {
    this.registry = registry;
    for (Metric each : Metric.values()) {
      counters.put(each, registry.counter(each.metric));
    }
    for (Command each : table) {
      count(registry, each);
      each.subcommands().forEach(sub -> count(registry, sub));
    }
  }

  private void count(MetricRegistry registry, Command command) {
    String name = command.name().replace('|', '.');
    commands.put(command.name(), registry.counter("router.gateway.command." + name));
  }

  /** Bytes of replies that clients have not taken yet, or that are expected. */
  void show(ReplyMemory memory) {
    registry.gauge("router.gateway.replies.bytes", () -> memory::used);
  }

  void began(Command command) {
    Counter counter = commands.get(command.name());
    if (counter != null) {
      counter.inc();
    }
  }

  void add(Metric metric) {
    counter(metric).inc();
  }

  void remove(Metric metric) {
    counter(metric).dec();
  }

  long value(Metric metric) {
    return counter(metric).getCount();
  }

  private Counter counter(Metric metric) {
    Counter counter = counters.get(metric);
    if (counter == null) {
      throw new IllegalStateException("no counter for " + metric);
    }
    return counter;
  }
}
