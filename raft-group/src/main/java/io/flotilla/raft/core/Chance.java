package io.flotilla.raft.core;

/**
 * The one source of chance: for election timeouts, drawn anew at each reset of the timer (§5.2),
 * and once in a replica's life for the first of its read tickets, which must differ from those of
 * its earlier lives.
 */
public interface Chance {
  /** A number from {@code min} to {@code max}, both included, evenly distributed. */
  int draw(int min, int max);
}
