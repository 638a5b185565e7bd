package io.flotilla.placement.model;

/** Encoded keys from {@code start} up to, not including, {@code end}; an empty end has no bound. */
public record KeyRange(KeyBytes start, KeyBytes end) {
  public KeyRange {
    if (!end.isEmpty() && start.compareTo(end) >= 0) {
      throw new IllegalArgumentException(
          "range [" + start + ", " + end + ") is empty; its start must be below its end");
    }
  }

  public boolean contains(KeyBytes key) {
    return key.compareTo(start) >= 0 && (end.isEmpty() || key.compareTo(end) < 0);
  }

  /** Whether both parts would have keys. */
  public boolean canBeCutAt(KeyBytes key) {
    return contains(key) && !key.equals(start);
  }

  @Override
  public String toString() {
    return "[" + start + ", " + end + ")";
  }
}
