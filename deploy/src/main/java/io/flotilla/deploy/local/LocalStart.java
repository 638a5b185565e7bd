package io.flotilla.deploy.local;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Starts processes and waits until they serve. */
final class LocalStart {
  private static final long POLL_MILLIS = 100;

  private LocalStart() {}

  /** The launcher that started this process; so a restarted process runs the same build. */
  static String launcher() {
    String launcher = System.getProperty("flotilla.launcher");
    if (launcher == null) {
      throw new LocalException("local needs to be run by the launcher, deploy/flotilla");
    }
    return launcher;
  }

  static void startAll(List<LocalProcess> processes) {
    processes.forEach(LocalProcess::start);
  }

  /** Waits until these run and accept connections, and every shard of the cluster has a leader. */
  static void awaitServing(LocalCluster cluster, List<LocalProcess> processes, Duration patience)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    awaitListening(processes, deadline);
    try (LocalHealth health = new LocalHealth(cluster)) {
      String problem = health.problem();
      while (!problem.isEmpty()) {
        if (System.nanoTime() > deadline) {
          throw new LocalException("not serving after " + patience.toSeconds() + " s: " + problem);
        }
        Thread.sleep(POLL_MILLIS);
        problem = health.problem();
      }
    }
  }

  /** A line for each: its name, where it serves, its process. */
  static void print(List<LocalProcess> processes, PrintWriter out) {
    for (LocalProcess process : processes) {
      String pid = process.handle().map(handle -> Long.toString(handle.pid())).orElse("gone");
      out.printf("  %-12s %-22s pid %s%n", process.name(), process.ready(), pid);
    }
  }

  static void awaitListening(List<LocalProcess> processes, long deadline)
      throws InterruptedException {
    List<LocalProcess> waiting = new ArrayList<>(processes);
    Map<String, Boolean> seen = new TreeMap<>();
    while (!waiting.isEmpty()) {
      waiting.removeIf(LocalProcess::serves);
      for (LocalProcess process : waiting) {
        boolean runs = process.handle().isPresent();
        if (!runs && seen.getOrDefault(process.name(), false)) {
          throw new LocalException(
              process.name() + " ended:\n" + LocalCluster.lastLines(process, 12));
        }
        seen.put(process.name(), runs);
      }
      if (!waiting.isEmpty() && System.nanoTime() > deadline) {
        LocalProcess first = waiting.get(0);
        throw new LocalException(
            first.name()
                + (first.handle().isPresent() ? " does not listen at " : " does not run at ")
                + first.ready()
                + ":\n"
                + LocalCluster.lastLines(first, 12));
      }
      Thread.sleep(POLL_MILLIS);
    }
  }
}
