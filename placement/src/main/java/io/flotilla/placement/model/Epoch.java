package io.flotilla.placement.model;

/**
 * Which of two descriptors of one shard is newer. Raised by the shard's own log only.
 *
 * @param version counts splits and merges
 * @param confVersion counts membership changes
 */
public record Epoch(long version, long confVersion) implements Comparable<Epoch> {
  /** Of a shard that was just created. */
  public static final Epoch FIRST = new Epoch(1, 1);

  public Epoch {
    if (version < 1 || confVersion < 1) {
      throw new IllegalArgumentException(
          "epoch " + version + "." + confVersion + "; both numbers must be at least 1");
    }
  }

  @Override
  public int compareTo(Epoch other) {
    int byVersion = Long.compare(version, other.version);
    return byVersion != 0 ? byVersion : Long.compare(confVersion, other.confVersion);
  }

  public boolean isNewerThan(Epoch other) {
    return compareTo(other) > 0;
  }

  @Override
  public String toString() {
    return version + "." + confVersion;
  }
}
