package io.flotilla.raft.mutants;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.platform.engine.discovery.ClassSelector;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs one test class: exit code 0 if it passes, 1 if it fails, 3 if it or its tests are not there.
 */
public final class SuiteRun {
  private static final int NO_TESTS = 3;

  private SuiteRun() {}

  public static void main(String[] args) {
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    var request = request().selectors(suite(args[0])).build();
    try {
      LauncherFactory.create().execute(request, listener);
    } catch (OutOfMemoryError e) { // the one error of a test that no listener is told of
      System.out.println("FAILED with " + e);
      Runtime.getRuntime().halt(1);
    }
    TestExecutionSummary summary = listener.getSummary();
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    for (TestExecutionSummary.Failure failure : summary.getFailures()) {
      out.println("FAILED " + failure.getTestIdentifier().getDisplayName());
      failure.getException().printStackTrace(out);
    }
    out.flush();
    int code =
        summary.getTotalFailureCount() > 0
            ? 1
            : summary.getTestsSucceededCount() > 0 ? 0 : NO_TESTS;
    Runtime.getRuntime().halt(code); // whatever threads a mutant may have left behind
  }

  /** By its class: what has only a name and cannot be found would be reported as a failed test. */
  private static ClassSelector suite(String name) {
    try {
      return selectClass(Class.forName(name, false, SuiteRun.class.getClassLoader()));
    } catch (ClassNotFoundException gone) {
      System.out.println("no such suite: " + name);
      Runtime.getRuntime().halt(NO_TESTS);
      throw new IllegalStateException(gone);
    }
  }
}
