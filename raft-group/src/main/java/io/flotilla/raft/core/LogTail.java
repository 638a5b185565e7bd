package io.flotilla.raft.core;

import java.util.Arrays;
import java.util.List;

/**
 * Which term stands at which index of the log, without the entries. Terms never fall along a log
 * (§5.3), so it is enough to know where each term's run begins: a few numbers however long the log.
 */
final class LogTail {
  private Position truncated;
  private long[] firsts = new long[2];
  private long[] terms = new long[2];
  private int runs;
  private long lastIndex;

  LogTail(Position truncated, List<Position> runs, long lastIndex) {
    this.truncated = truncated;
    this.lastIndex = truncated.index();
    for (Position run : runs) {
      extendTo(run.index() - 1);
      append(run.index(), run.term());
    }
    extendTo(lastIndex);
  }

  private void extendTo(long index) {
    InvariantViolation.check(
        index == lastIndex || (index > lastIndex && runs > 0),
        "log of %d entries has no term for %d",
        lastIndex,
        index);
    lastIndex = index;
  }

  /** The last entry that was cut away. */
  Position truncated() {
    return truncated;
  }

  long firstIndex() {
    return truncated.index() + 1;
  }

  long lastIndex() {
    return lastIndex;
  }

  Position last() {
    return new Position(lastIndex, termAt(lastIndex));
  }

  /**
   * Whether the term at this index is known: everywhere in the log, and at its truncation point.
   */
  boolean knows(long index) {
    return index >= truncated.index() && index <= lastIndex;
  }

  /** The term of the entry there; {@link #knows} says where that may be asked. */
  long termAt(long index) {
    InvariantViolation.check(knows(index), "no term at %d, the log ends at %d", index, lastIndex);
    int run = runOf(index);
    return run < 0 ? truncated.term() : terms[run];
  }

  boolean matches(Position position) {
    return knows(position.index()) && termAt(position.index()) == position.term();
  }

  /**
   * The first index, after the truncation point, of the term that the entry at {@code index} is of.
   */
  long runStart(long index) {
    int run = runOf(index);
    return run < 0 ? truncated.index() : firsts[run];
  }

  /** The last index whose term is {@code term}; 0 if there is none. */
  long lastOf(long term) {
    for (int run = runs - 1; run >= 0 && terms[run] >= term; run--) {
      if (terms[run] == term) {
        return run == runs - 1 ? lastIndex : firsts[run + 1] - 1;
      }
    }
    boolean cut = truncated.term() == term && (runs == 0 || terms[0] > term);
    return cut ? truncated.index() : 0;
  }

  void append(long index, long term) {
    InvariantViolation.check(
        index == lastIndex + 1, "entry %d does not follow the log's end %d", index, lastIndex);
    long lastTerm = runs == 0 ? truncated.term() : terms[runs - 1];
    InvariantViolation.check(
        term >= lastTerm, "term falls along the log: %d after %d", term, lastTerm);
    if (runs == 0 || terms[runs - 1] != term) {
      if (runs == firsts.length) {
        firsts = Arrays.copyOf(firsts, runs * 2);
        terms = Arrays.copyOf(terms, runs * 2);
      }
      firsts[runs] = index;
      terms[runs++] = term;
    }
    lastIndex = index;
  }

  /** Forgets this index and all after it. */
  void removeFrom(long index) {
    InvariantViolation.check(
        index > truncated.index() && index <= lastIndex,
        "nothing to remove from %d on, the log ends at %d",
        index,
        lastIndex);
    while (runs > 0 && firsts[runs - 1] >= index) {
      runs--;
    }
    lastIndex = index - 1;
  }

  /** Forgets all up to this position. */
  void cut(Position upTo) {
    InvariantViolation.check(
        matches(upTo),
        "cut at %d with term %d, which is not in the log",
        upTo.index(),
        upTo.term());
    int keep = runOf(upTo.index());
    if (keep >= 0) {
      boolean runGoesOn =
          keep == runs - 1 ? lastIndex > upTo.index() : firsts[keep + 1] > upTo.index() + 1;
      int from = runGoesOn ? keep : keep + 1;
      System.arraycopy(firsts, from, firsts, 0, runs - from);
      System.arraycopy(terms, from, terms, 0, runs - from);
      runs -= from;
      if (runGoesOn) {
        firsts[0] = upTo.index() + 1;
      }
    }
    truncated = upTo;
  }

  /** Forgets everything, and begins anew after this position. */
  void restart(Position at) {
    truncated = at;
    runs = 0;
    lastIndex = at.index();
  }

  /** The run that holds this index; -1 at the truncation point. */
  private int runOf(long index) {
    if (runs > 0 && index >= firsts[runs - 1]) {
      return runs - 1;
    }
    int found = Arrays.binarySearch(firsts, 0, runs, index);
    return found >= 0 ? found : -found - 2;
  }
}
