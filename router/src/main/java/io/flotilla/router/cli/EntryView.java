package io.flotilla.router.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.flotilla.router.client.Bytes;
import org.jspecify.annotations.Nullable;

/** A pair as JSON shows it: text where it is text, hexadecimal digits where not. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record EntryView(
    @Nullable String key,
    @Nullable String keyHex,
    @Nullable String value,
    @Nullable String valueHex) {
  static EntryView of(Bytes key, @Nullable Bytes value, KeyOptions keys) {
    boolean keyIsText = keys.isText(key);
    boolean valueIsText = value != null && keys.isText(value);
    return new EntryView(
        keyIsText ? key.asUtf8() : null,
        keyIsText ? null : key.asHex(),
        value != null && valueIsText ? value.asUtf8() : null,
        value == null || valueIsText ? null : value.asHex());
  }
}
