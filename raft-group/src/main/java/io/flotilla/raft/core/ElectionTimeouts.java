package io.flotilla.raft.core;

/** The one source of chance: drawn anew at each reset of the timer (§5.2). */
public interface ElectionTimeouts {
  /** A number of ticks from {@code min} to {@code max}, both included, evenly distributed. */
  int draw(int min, int max);
}
