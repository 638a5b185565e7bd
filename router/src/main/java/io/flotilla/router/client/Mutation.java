package io.flotilla.router.client;

import java.util.Optional;

/** One write, as a part of {@link KvClient#batch}. */
public sealed interface Mutation {
  Bytes key();

  static Mutation put(Bytes key, Bytes value) {
    return new Put(key, value, PutOptions.DEFAULT);
  }

  static Mutation put(Bytes key, Bytes value, PutOptions options) {
    return new Put(key, value, options);
  }

  static Mutation delete(Bytes key) {
    return new Delete(key, false);
  }

  static Mutation compareAndSet(Bytes key, Optional<Bytes> expected, Optional<Bytes> value) {
    return new CompareAndSet(key, expected, value);
  }

  static Mutation increment(Bytes key, long delta) {
    return new Increment(key, delta);
  }

  static Mutation append(Bytes key, Bytes suffix) {
    return new Append(key, suffix);
  }

  record Put(Bytes key, Bytes value, PutOptions options) implements Mutation {}

  record Delete(Bytes key, boolean returnPrevious) implements Mutation {}

  /** Nothing expected: the key is absent. Nothing as value: delete. */
  record CompareAndSet(Bytes key, Optional<Bytes> expected, Optional<Bytes> value)
      implements Mutation {}

  record Increment(Bytes key, long delta) implements Mutation {}

  record Append(Bytes key, Bytes suffix) implements Mutation {}
}
