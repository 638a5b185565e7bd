package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Position;
import java.util.ArrayList;
import java.util.List;

/** A log in memory: what follows a truncation point. One thread. */
public final class SimLog {
  private final ArrayList<Entry> entries = new ArrayList<>();
  private Position truncated = Position.ZERO;
  private long bytes;

  /** Puts in entries without a gap; all from the first one's index on are replaced. */
  public void append(List<Entry> added) {
    for (Entry entry : added) {
      if (entry.index() <= truncated.index() || entry.index() > lastIndex() + 1) {
        throw new AssertionError(
            "append of " + entry + " to a log from " + truncated + " to " + lastIndex());
      }
      cutTail(entry.index());
      entries.add(entry);
      bytes += entry.weight();
    }
  }

  private void cutTail(long from) {
    int keep = (int) (from - truncated.index() - 1);
    drop(keep, entries.size());
  }

  /**
   * Forgets entries up to {@code upTo}; if the log ends before it, it is empty and begins there.
   */
  public void truncate(Position upTo) {
    if (upTo.index() > truncated.index()) {
      long gone = Math.min(upTo.index(), lastIndex()) - truncated.index();
      drop(0, (int) gone);
      truncated = upTo;
    }
  }

  private void drop(int from, int to) {
    if (from < to) {
      List<Entry> gone = entries.subList(from, to);
      gone.forEach(entry -> bytes -= entry.weight());
      gone.clear();
    }
  }

  /** Forgets everything and begins after {@code at}. */
  public void begin(Position at) {
    drop(0, entries.size());
    truncated = at;
  }

  /** What all entries weigh. */
  public long bytes() {
    return bytes;
  }

  public Position truncated() {
    return truncated;
  }

  public long lastIndex() {
    return truncated.index() + entries.size();
  }

  /** -1 if the log does not reach there or was cut there. */
  public long termAt(long index) {
    if (index == truncated.index()) {
      return truncated.term();
    }
    return index < truncated.index() || index > lastIndex() ? -1 : at(index).term();
  }

  public Entry at(long index) {
    return entries.get((int) (index - truncated.index() - 1));
  }

  public List<Entry> range(long first, long last) {
    return List.copyOf(
        entries.subList((int) (first - truncated.index() - 1), (int) (last - truncated.index())));
  }

  /** As {@code LogReader} and {@code LogStore} cut it: at least one. */
  public List<Entry> range(long first, long last, long maxBytes) {
    long bytes = 0;
    for (long index = first; index <= last; index++) {
      bytes += at(index).weight();
      if (bytes > maxBytes && index > first) {
        return range(first, index - 1);
      }
    }
    return range(first, last);
  }

  /** Each position is the first entry of its term. */
  public List<Position> termRuns() {
    List<Position> runs = new ArrayList<>();
    long term = -1;
    for (Entry entry : entries) {
      if (entry.term() != term) {
        term = entry.term();
        runs.add(new Position(entry.index(), term));
      }
    }
    return runs;
  }

  public List<Entry> membershipEntries() {
    return entries.stream().filter(entry -> entry.kind() == Entry.Kind.MEMBERSHIP).toList();
  }

  public SimLog copy() {
    SimLog copy = new SimLog();
    copy.truncated = truncated;
    copy.bytes = bytes;
    copy.entries.addAll(entries);
    return copy;
  }
}
