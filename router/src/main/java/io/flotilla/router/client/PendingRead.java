package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import java.util.Optional;

/** A read of one key. */
final class PendingRead extends Pending<Optional<Bytes>> {
  PendingRead(ByteString key, long deadlineNanos) {
    super(key, key.size(), deadlineNanos);
  }

  @Override
  boolean changes() {
    return false;
  }
}
