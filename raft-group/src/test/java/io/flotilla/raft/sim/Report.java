package io.flotilla.raft.sim;

import io.flotilla.raft.sim.Campaign.Share;
import io.flotilla.raft.sim.Campaign.Sum;
import io.flotilla.raft.sim.Campaign.Violation;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.TreeMap;

/** What {@code flotilla sim} prints of a campaign. One thread. */
final class Report {
  private final PrintWriter out;
  private final int worlds;
  private int violationsTold;

  /**
   * @param worlds that each seed is run in
   */
  Report(PrintWriter out, int worlds) {
    this.out = out;
    this.worlds = worlds;
  }

  void begins(String what) {
    line("%s", what);
  }

  void goesOn(Sum sum) {
    tellViolations(sum);
    line(
        "%6.0f s  seeds %,d  simulated %.1f h (%,.0f h/h)  events %,.0f/s  violations %d",
        sum.seconds(),
        sum.runs() / worlds,
        sum.simulatedHours(),
        speed(sum),
        sum.events() / sum.seconds(),
        sum.violations().size());
  }

  void ends(Sum sum) {
    tellViolations(sum);
    row("seeds", "%,d, %,d runs", sum.runs() / worlds, sum.runs());
    row("simulated", "%.2f hours", sum.simulatedHours());
    row("took", "%.1f s: %,.0f simulated hours in one", sum.seconds(), speed(sum));
    new TreeMap<>(sum.kinds()).forEach(this::share);
    row("events", "%,d, %,.0f/s", sum.events(), sum.events() / sum.seconds());
    for (FaultKind kind : FaultKind.values()) {
      row("  " + kind.text(), "%,d", sum.faults().of(kind));
    }
    row("histories", "%,d checked: linearizable", sum.histories());
    row("operations", "%,d answered", sum.answered());
    row("violations", "%d", sum.violations().size());
  }

  private void share(String kind, Share share) {
    double hours = share.simulatedMicros() / 3.6e9;
    row(
        "  of that " + kind,
        "%,d runs, %.2f hours, %,.0f s of a thread",
        share.runs(),
        hours,
        share.nanos() / 1e9);
  }

  /** Of a campaign that ran each of its seeds twice. */
  void endsTwice(Sum sum) {
    tellViolations(sum);
    line(
        "%,d of %,d seeds were equal when run again (%.1f s)",
        sum.runs() - sum.violations().size(), sum.runs(), sum.seconds());
  }

  private static double speed(Sum sum) {
    return sum.simulatedHours() * 3600 / sum.seconds();
  }

  private void tellViolations(Sum sum) {
    for (; violationsTold < sum.violations().size(); violationsTold++) {
      Violation violation = sum.violations().get(violationsTold);
      line("VIOLATION %s: %s", violation.run(), violation.message());
      line("  %s", Replay.of(violation.run()).comparedWith(violation));
      line("  replay: %s", Replay.command(violation.run()));
    }
  }

  private void row(String what, String value, Object... values) {
    line("%-32s %s", what, String.format(Locale.ROOT, value, values));
  }

  private void line(String format, Object... values) {
    out.printf(Locale.ROOT, format + "%n", values);
    out.flush();
  }
}
