package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.LimitsConfig;
import java.util.Collection;

/**
 * How long keys and values may be. The client looks too, but at one operation at a time: of a
 * command that becomes several, a part would be done before the key that is too long.
 */
record Sizes(int keyBytesMax, int valueBytesMax) {
  static Sizes of(LimitsConfig limits) {
    return new Sizes(limits.keyBytesMax(), limits.valueBytesMax());
  }

  /**
   * @throws Refused if one of them is empty or too long
   */
  void checkKeys(Collection<Bytes> keys) {
    for (Bytes key : keys) {
      if (key.isEmpty() || key.length() > keyBytesMax) {
        throw new Refused(
            "ERR a key of " + key.length() + " bytes; allowed are 1 to " + keyBytesMax);
      }
    }
  }

  /**
   * @throws Refused if one of them is too long
   */
  void checkValues(Collection<Bytes> values) {
    for (Bytes value : values) {
      if (value.length() > valueBytesMax) {
        throw new Refused(
            "ERR a value of " + value.length() + " bytes; allowed are 0 to " + valueBytesMax);
      }
    }
  }
}
