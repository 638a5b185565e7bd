package io.flotilla.deploy.demo;

import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/** What was read back by one way, counted by whether it was right. Any thread. */
final class Comparison {
  private final LongAdder right = new LongAdder();
  private final LongAdder wrong = new LongAdder();

  /**
   * Takes in one answer.
   *
   * @param digest of what was written
   * @param value what was read; empty if nothing was there
   */
  void add(byte[] digest, Optional<byte[]> value) {
    boolean same = value.isPresent() && Arrays.equals(digest, Corpus.digest(value.get()));
    (same ? right : wrong).increment();
  }

  long right() {
    return right.sum();
  }

  long wrong() {
    return wrong.sum();
  }

  /** To be put behind how many were read. */
  String words() {
    return wrong() == 0
        ? "each with the right SHA-256"
        : wrong() + " of them missing or with a wrong SHA-256";
  }
}
