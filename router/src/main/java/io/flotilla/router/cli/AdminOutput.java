package io.flotilla.router.cli;

import io.flotilla.router.client.AdminAnswer;
import io.flotilla.router.client.Explanation;
import io.flotilla.router.client.Job;
import java.util.List;

/** Prints what placement answers to wishes and questions. */
final class AdminOutput {
  /** What JSON shows of an answer. */
  private record Answer(boolean dryRun, List<JobView> jobs, List<String> notes) {}

  private AdminOutput() {}

  /**
   * @param dryRun whether the jobs are only planned
   * @param done what to say if there is nothing else to say
   */
  static int print(OutputOptions output, AdminAnswer answer, boolean dryRun, String done) {
    if (output.json()) {
      output.print(
          new Answer(dryRun, answer.jobs().stream().map(JobView::of).toList(), answer.notes()));
      return ExitCodes.OK;
    }
    if (dryRun) {
      printPlan(output, answer.jobs());
    } else if (!answer.jobs().isEmpty()) {
      output.print(JobView.table(answer.jobs().stream().map(Job.Planned::job).toList()));
    } else {
      output.out().println(done);
    }
    answer.notes().forEach(note -> output.out().println("  " + note));
    return ExitCodes.OK;
  }

  static void printPlan(OutputOptions output, List<Job.Planned> plan) {
    if (plan.isEmpty()) {
      output.out().println("nothing would be begun");
      return;
    }
    output.print(JobView.plan(plan));
    long bytes = plan.stream().mapToLong(Job.Planned::approximateBytes).sum();
    String jobs = plan.size() == 1 ? "1 job" : plan.size() + " jobs";
    output.out().printf("%s, about %,d KiB to travel; nothing was begun%n", jobs, bytes >> 10);
  }

  /** One line for each finding. */
  static int print(OutputOptions output, Explanation explanation) {
    if (output.json()) {
      output.print(explanation.findings());
    } else {
      explanation.findings().forEach(finding -> output.out().println(finding.text()));
    }
    return ExitCodes.OK;
  }
}
