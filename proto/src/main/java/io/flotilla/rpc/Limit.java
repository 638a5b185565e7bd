package io.flotilla.rpc;

/** Checks of configured bounds. */
final class Limit {
  private Limit() {}

  static void atLeast(long least, String name, long value) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be at least " + least + ", but is " + value);
    }
  }
}
