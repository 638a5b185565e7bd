package io.flotilla.raft.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * What happened in a run: always as one number, in which the smallest difference shows, and on
 * demand as text with a line for each event. One thread.
 */
public final class Trace {
  private static final int LINES_MAX = 1_000_000;

  private final SimClock clock;
  private final boolean readable;
  private final Deque<String> lines = new ArrayDeque<>();
  private long added;
  private long hash = 0xcbf29ce484222325L;

  public Trace(SimClock clock, boolean readable) {
    this.clock = clock;
    this.readable = readable;
  }

  /** {@code detail} is asked only for the readable form: everything that matters is in a and b. */
  public void add(String what, long who, long a, long b, Supplier<String> detail) {
    added++;
    mix(clock.nowMicros());
    mix(what.hashCode());
    mix(who);
    mix(a);
    mix(b);
    if (readable) {
      if (lines.size() == LINES_MAX) {
        lines.removeFirst();
      }
      lines.add(
          String.format(
              Locale.ROOT,
              "%12.3f ms  %-10s %3d  %s",
              clock.nowMicros() / 1000.0,
              what,
              who,
              detail.get()));
    }
  }

  private void mix(long value) {
    hash = (hash ^ value) * 0x100000001b3L;
    hash ^= hash >>> 29;
  }

  public long hash() {
    return hash;
  }

  /** Events so far. */
  long count() {
    return added;
  }

  /** The last lines, oldest first; none unless readable. */
  public String tail(int count) {
    StringBuilder text = new StringBuilder();
    lines.stream()
        .skip(Math.max(0, lines.size() - count))
        .forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }

  public Path writeTo(Path file) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      List<String> all = new ArrayList<>(lines);
      if (added > all.size()) {
        all.add(0, (added - all.size()) + " events before these are not here");
      }
      return Files.write(file, all);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
