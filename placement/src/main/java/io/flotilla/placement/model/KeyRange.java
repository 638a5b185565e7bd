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

  /** Whether one ends where the other begins. */
  public boolean isNextTo(KeyRange other) {
    return (!end.isEmpty() && end.equals(other.start))
        || (!other.end.isEmpty() && other.end.equals(start));
  }

  /** Whether all keys of the other are of this one. */
  public boolean covers(KeyRange other) {
    return start.compareTo(other.start) <= 0
        && (end.isEmpty() || (!other.end.isEmpty() && other.end.compareTo(end) <= 0));
  }

  /** Whether some key is of both. */
  public boolean overlaps(KeyRange other) {
    return (end.isEmpty() || other.start.compareTo(end) < 0)
        && (other.end.isEmpty() || start.compareTo(other.end) < 0);
  }

  @Override
  public String toString() {
    return "[" + start + ", " + end + ")";
  }
}
