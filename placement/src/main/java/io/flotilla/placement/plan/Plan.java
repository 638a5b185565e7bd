package io.flotilla.placement.plan;

import io.flotilla.placement.model.Job;
import java.util.List;

/**
 * What is to be begun now, and what was found out about what somebody asked after.
 *
 * @param jobs wishes with id 0, in the order in which they were found necessary
 */
public record Plan(List<Job> jobs, List<Finding> findings) {
  public Plan {
    jobs = List.copyOf(jobs);
    findings = List.copyOf(findings);
  }
}
