package io.flotilla.placement.plan;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Keeps what a plan found out about what somebody asked after, and nothing else, so that planning
 * as such costs no words. That is a few words for each shard of a node at most.
 */
final class Journal {
  private static final long NOBODY = -1;

  /** Keeps nothing. */
  static final Journal NONE = new Journal(false, NOBODY, NOBODY);

  private final boolean open;
  private final long shard;
  private final long node;

  /** What is found in each round of a scheduler is said once. */
  private final Set<Finding> findings = new LinkedHashSet<>();

  private Journal(boolean open, long shard, long node) {
    this.open = open;
    this.shard = shard;
    this.node = node;
  }

  static Journal ofShard(long shard) {
    return new Journal(true, shard, NOBODY);
  }

  static Journal ofNode(long node) {
    return new Journal(true, NOBODY, node);
  }

  /** Of what is about no shard and no node. */
  static Journal ofCluster() {
    return new Journal(true, NOBODY, NOBODY);
  }

  /**
   * @param aShard 0 if it is about none in particular
   * @param aNode 0 if it is about none in particular
   */
  void found(String rule, long aShard, long aNode, Supplier<String> text) {
    boolean general = aShard == 0 && aNode == 0;
    boolean wanted = general || aShard == shard || aNode == node;
    if (open && wanted) {
      findings.add(new Finding(rule, aShard, aNode, text.get()));
    }
  }

  List<Finding> findings() {
    return List.copyOf(findings);
  }
}
