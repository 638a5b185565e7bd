package io.flotilla.raft.history;

import java.util.Optional;
import java.util.regex.Pattern;

/** What a client asks of one key, and what a register would do. */
public sealed interface Action {
  /** What the key holds then, and what the client is told. */
  record Step(Value after, Outcome told) {}

  /** {@code before} is no {@link Value#ANY}. */
  Step step(Value before);

  /** What is known of the key afterwards, if it held anything before and the client was told so. */
  Value afterAnything(Outcome told);

  /** Whether who was told this has certainly changed nothing. */
  default boolean changesNothing(Outcome told) {
    return told.equals(new Outcome.Took(false));
  }

  /** What the key must have held before, if that is told. */
  default Optional<Value> needs(Outcome told) {
    return Optional.empty();
  }

  /**
   * The one thing that the key can hold afterwards if this changes anything; nothing if that
   * depends on what it held before.
   */
  default Optional<Value> makes(Outcome told) {
    return Optional.empty();
  }

  /** Whether what the key holds afterwards has nothing to do with what it held before. */
  default boolean overwrites() {
    return false;
  }

  /**
   * What the key holds after this, if it held {@code before} and the client was told {@code told};
   * nothing if it cannot have been told that.
   */
  default Optional<Value> explain(Value before, Outcome told) {
    if (before.kind() == Value.Kind.ANY) {
      return Optional.of(afterAnything(told));
    }
    Step step = step(before);
    return told.agreesWith(step.told()) ? Optional.of(step.after()) : Optional.empty();
  }

  /** Reads; told what it {@link Outcome.Saw}. */
  record Get() implements Action {
    @Override
    public Step step(Value before) {
      return new Step(before, new Outcome.Saw(before));
    }

    @Override
    public Value afterAnything(Outcome told) {
      return told instanceof Outcome.Saw saw ? saw.value() : Value.ANY;
    }

    @Override
    public boolean changesNothing(Outcome told) {
      return true;
    }

    @Override
    public Optional<Value> needs(Outcome told) {
      return told instanceof Outcome.Saw saw ? Optional.of(saw.value()) : Optional.empty();
    }

    @Override
    public String toString() {
      return "get";
    }
  }

  /** Told that it is {@link Outcome.Done}. */
  record Put(Value value) implements Action {
    @Override
    public Step step(Value before) {
      return new Step(value, Outcome.done());
    }

    @Override
    public Value afterAnything(Outcome told) {
      return value;
    }

    @Override
    public Optional<Value> makes(Outcome told) {
      return Optional.of(value);
    }

    @Override
    public boolean overwrites() {
      return true;
    }

    @Override
    public String toString() {
      return "put " + value;
    }
  }

  /** Told whether it {@link Outcome.Took} anything away, or just {@link Outcome.Done}. */
  record Delete() implements Action {
    @Override
    public Step step(Value before) {
      return new Step(Value.ABSENT, new Outcome.Took(!before.equals(Value.ABSENT)));
    }

    @Override
    public Value afterAnything(Outcome told) {
      return Value.ABSENT;
    }

    @Override
    public Optional<Value> needs(Outcome told) {
      return changesNothing(told) ? Optional.of(Value.ABSENT) : Optional.empty();
    }

    @Override
    public Optional<Value> makes(Outcome told) {
      return Optional.of(Value.ABSENT);
    }

    @Override
    public boolean overwrites() {
      return true;
    }

    @Override
    public String toString() {
      return "delete";
    }
  }

  /** Told whether it {@link Outcome.Took} effect. */
  record CompareAndSet(Value expected, Value value) implements Action {
    @Override
    public Step step(Value before) {
      boolean equal = before.equals(expected);
      return new Step(equal ? value : before, new Outcome.Took(equal));
    }

    @Override
    public Value afterAnything(Outcome told) {
      return told.equals(new Outcome.Took(true)) ? value : Value.ANY;
    }

    @Override
    public Optional<Value> needs(Outcome told) {
      return told.equals(new Outcome.Took(true)) ? Optional.of(expected) : Optional.empty();
    }

    @Override
    public Optional<Value> makes(Outcome told) {
      return Optional.of(value);
    }

    @Override
    public String toString() {
      return "cas " + expected + " to " + value;
    }
  }

  /**
   * Adds to a decimal number, absent counting as 0. Told the new {@link Outcome.Number}, or that it
   * {@link Outcome.Took} no effect on what is no number or would grow too large.
   */
  record Increment(long by) implements Action {
    private static final Pattern DECIMAL = Pattern.compile("0|-?[1-9][0-9]{0,17}");

    @Override
    public Step step(Value before) {
      boolean counts =
          before.kind() == Value.Kind.ABSENT || DECIMAL.matcher(before.text()).matches();
      if (!counts) {
        return new Step(before, new Outcome.Took(false));
      }
      long was = before.kind() == Value.Kind.ABSENT ? 0 : Long.parseLong(before.text());
      long now = Math.addExact(was, by);
      return new Step(Value.of(now), new Outcome.Number(now));
    }

    @Override
    public Value afterAnything(Outcome told) {
      return told instanceof Outcome.Number number ? Value.of(number.now()) : Value.ANY;
    }

    /** If it was 0 before, that may have been an absent key. */
    @Override
    public Optional<Value> needs(Outcome told) {
      return told instanceof Outcome.Number number && number.now() != by
          ? Optional.of(Value.of(number.now() - by))
          : Optional.empty();
    }

    @Override
    public Optional<Value> makes(Outcome told) {
      return told instanceof Outcome.Number number
          ? Optional.of(Value.of(number.now()))
          : Optional.empty();
    }

    @Override
    public String toString() {
      return "increment by " + by;
    }
  }

  /** Appends, absent counting as empty. Told the new length as {@link Outcome.Number}. */
  record Append(String suffix) implements Action {
    @Override
    public Step step(Value before) {
      String now = before.text() + suffix;
      return new Step(Value.of(now), new Outcome.Number(now.length()));
    }

    @Override
    public Value afterAnything(Outcome told) {
      return Value.ANY;
    }

    @Override
    public String toString() {
      return "append \"" + suffix + '"';
    }
  }
}
