package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import java.util.function.Function;

/** A read of one key. */
final class PendingRead<T> extends Pending<T> {
  private final ReadOptions options;
  private final Function<Reading, T> decode;

  PendingRead(
      ByteString key, long deadlineNanos, ReadOptions options, Function<Reading, T> decode) {
    super(key, key.size(), deadlineNanos);
    this.options = options;
    this.decode = decode;
  }

  ReadOptions options() {
    return options;
  }

  T decode(Reading reading) {
    return decode.apply(reading);
  }

  @Override
  boolean ofAnyReplica() {
    return options.ofAnyReplica();
  }

  @Override
  boolean changes() {
    return false;
  }
}
