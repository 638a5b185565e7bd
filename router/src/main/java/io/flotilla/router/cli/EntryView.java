package io.flotilla.router.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.flotilla.router.client.Bytes;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A pair as JSON shows it: text where it is text, hexadecimal digits where not. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record EntryView(
    @Nullable String key,
    @Nullable String keyHex,
    @Nullable String value,
    @Nullable String valueHex,
    @Nullable Long ageMillis) {
  static EntryView of(Bytes key, @Nullable Bytes value, KeyOptions keys) {
    return of(key, value, Optional.empty(), keys);
  }

  /** With the age of the state that it was read from, if that is told. */
  static EntryView of(Bytes key, @Nullable Bytes value, Optional<Duration> age, KeyOptions keys) {
    boolean keyIsText = keys.isText(key);
    boolean valueIsText = value != null && keys.isText(value);
    return new EntryView(
        keyIsText ? key.asUtf8() : null,
        keyIsText ? null : key.asHex(),
        value != null && valueIsText ? value.asUtf8() : null,
        value == null || valueIsText ? null : value.asHex(),
        age.map(Duration::toMillis).orElse(null));
  }
}
