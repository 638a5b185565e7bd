package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a read has found.
 *
 * @param value nothing if the key is absent
 * @param age with {@link ReadLevel#STALE}: what was acknowledged longer ago is seen for certain.
 *     Nothing with any other level, and when nobody can say
 */
public record Reading(Optional<Bytes> value, Optional<Duration> age) {
  static Reading of(@Nullable ByteString value, Optional<Duration> age) {
    return new Reading(value == null ? Optional.empty() : Optional.of(Bytes.of(value)), age);
  }
}
