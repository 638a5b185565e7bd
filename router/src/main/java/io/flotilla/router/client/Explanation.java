package io.flotilla.router.client;

import java.util.List;

/**
 * Why something is as it is.
 *
 * @param planned what would be begun now, where the whole cluster was asked after
 * @param balance whether placement evens out by itself
 */
public record Explanation(List<Finding> findings, List<Job.Planned> planned, boolean balance) {
  /**
   * One thing that is known, or that a rule of placement says.
   *
   * @param rule which one
   * @param shard 0 if it is about none in particular
   */
  public record Finding(String rule, long shard, String text) {}

  public Explanation {
    findings = List.copyOf(findings);
    planned = List.copyOf(planned);
  }
}
