package io.flotilla.raft.mutants;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs one test class: exit code 0 if it passes, 1 if it fails, 3 if it has no test. */
public final class SuiteRun {
  private SuiteRun() {}

  public static void main(String[] args) {
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request().selectors(selectClass(args[0])).build(), listener);
    TestExecutionSummary summary = listener.getSummary();
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    for (TestExecutionSummary.Failure failure : summary.getFailures()) {
      out.println("FAILED " + failure.getTestIdentifier().getDisplayName());
      failure.getException().printStackTrace(out);
    }
    out.flush();
    int code =
        summary.getTotalFailureCount() > 0 ? 1 : summary.getTestsSucceededCount() > 0 ? 0 : 3;
    Runtime.getRuntime().halt(code); // whatever threads a mutant may have left behind
  }
}
