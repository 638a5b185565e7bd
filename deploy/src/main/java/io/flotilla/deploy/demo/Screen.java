package io.flotilla.deploy.demo;

import java.io.PrintWriter;
import java.util.Locale;

/**
 * What the person watching sees. On a terminal the progress bar redraws itself; elsewhere it is a
 * line now and then.
 */
final class Screen {
  private static final int BAR_CELLS = 28;
  private static final long PLAIN_EVERY_NANOS = 5_000_000_000L;

  private final PrintWriter out;
  private final boolean terminal;
  private boolean barDrawn;
  private long lastPlainNanos;

  Screen(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  synchronized void say(String format, Object... values) {
    endBar();
    out.printf(Locale.ROOT, format + "%n", values);
    out.flush();
  }

  synchronized void chapter(String title) {
    say("%n%s", title);
  }

  synchronized void progress(String verb, long done, long total, double perSecond) {
    double share = total == 0 ? 1 : (double) done / total;
    String text =
        String.format(
            Locale.ROOT,
            "  %s %,d of %,d  %3.0f %%  %,.0f/s",
            verb,
            done,
            total,
            share * 100,
            perSecond);
    if (terminal) {
      int cells = (int) Math.round(share * BAR_CELLS);
      out.print("\r  [" + "#".repeat(cells) + "-".repeat(BAR_CELLS - cells) + "]" + text + "   ");
      out.flush();
      barDrawn = true;
    } else if (System.nanoTime() - lastPlainNanos > PLAIN_EVERY_NANOS) {
      lastPlainNanos = System.nanoTime();
      out.println(text);
      out.flush();
    }
  }

  synchronized void endBar() {
    if (barDrawn) {
      out.println();
      barDrawn = false;
    }
  }
}
