package io.flotilla.raft.history;

/** What a client was told. */
public sealed interface Outcome {
  /** It took effect; nothing more was said. */
  record Done() implements Outcome {
    @Override
    public boolean agreesWith(Outcome truth) {
      return true;
    }

    @Override
    public String toString() {
      return "ok";
    }
  }

  /** Of a get. */
  record Saw(Value value) implements Outcome {
    @Override
    public String toString() {
      return value.toString();
    }
  }

  /** Whether a conditional operation changed anything; of a delete, whether there was a value. */
  record Took(boolean effect) implements Outcome {
    @Override
    public String toString() {
      return effect ? "yes" : "no";
    }
  }

  /** Of an increment the new number, of an append the new length. */
  record Number(long now) implements Outcome {
    @Override
    public String toString() {
      return Long.toString(now);
    }
  }

  /** It took effect at some time after it was asked for, or will, or never. */
  record Unknown() implements Outcome {
    @Override
    public boolean agreesWith(Outcome truth) {
      return true;
    }

    @Override
    public String toString() {
      return "unknown";
    }
  }

  static Outcome done() {
    return new Done();
  }

  static Outcome unknown() {
    return new Unknown();
  }

  /** Whether who was told this may have caused {@code truth}. */
  default boolean agreesWith(Outcome truth) {
    return equals(truth);
  }
}
