package io.flotilla.shard.report;

import io.flotilla.proto.placement.PingReply;
import io.flotilla.proto.placement.PingRequest;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.rpc.RpcCaller;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.shard.host.NodeTable;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Asks nodes that placement does not hear whether they are there, each time placement says that it
 * does not, so that who is only cut off from placement is not taken for dead. Costs nothing while
 * all are heard. For the control thread.
 */
final class Suspects {
  /** As long as the pause between two reports. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final RpcCaller client;
  private final Control control;
  private final NodeTable nodes;
  private final long self;
  private final Set<Long> asked = new HashSet<>();
  private final Map<Long, Boolean> heard = new TreeMap<>();

  Suspects(RpcCaller client, Control control, NodeTable nodes, long self) {
    this.client = client;
    this.control = control;
    this.nodes = nodes;
    this.self = self;
  }

  /** Asks these, and forgets what was heard of any other. */
  void look(List<Long> suspects) {
    heard.keySet().retainAll(suspects);
    for (long node : suspects) {
      if (node != self && !asked.contains(node)) {
        ask(node);
      }
    }
  }

  private void ask(long node) {
    Optional<String> address = nodes.address(node);
    if (address.isEmpty()) {
      heard.put(node, false);
      return;
    }
    asked.add(node);
    client
        .call(address.get(), RpcMethods.PING, PingRequest.getDefaultInstance(), PATIENCE)
        .whenComplete((reply, failure) -> control.run(() -> answered(node, reply)));
  }

  /** Another may be at its address by now. */
  private void answered(long node, @Nullable PingReply reply) {
    asked.remove(node);
    heard.put(node, reply != null && reply.getNode() == node);
  }

  /** To go with the next report. */
  void tell(ReportRequest.Builder report) {
    heard.forEach(
        (node, isHeard) -> {
          if (isHeard) {
            report.addHeard(node);
          } else {
            report.addUnheard(node);
          }
        });
  }
}
