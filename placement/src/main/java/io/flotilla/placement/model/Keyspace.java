package io.flotilla.placement.model;

import java.util.List;
import java.util.Optional;

/**
 * A named key space. Its encoded keys begin with its id, four bytes, big-endian.
 *
 * @param replicas that each of its shards is to have; 0 if nobody has said, for it is older than
 *     this is kept
 */
public record Keyspace(int id, String name, Partitioning partitioning, int replicas) {
  private static final String NAME = "[a-z][a-z0-9_-]{0,63}";

  /** Redis Cluster's number of slots: the most shards that a hash keyspace can have. */
  public static final int SLOTS = 16384;

  /** For the SDK and the command line. */
  public static final Keyspace DEFAULT = new Keyspace(1, "default", Partitioning.RANGE, 0);

  /** For the gateway that speaks the Redis protocol. */
  public static final Keyspace REDIS = new Keyspace(2, "redis", Partitioning.HASH, 0);

  /**
   * Those that placement creates by itself, before anybody has said with how many replicas. Their
   * ids and names are kept for them.
   */
  public static final List<Keyspace> BUILT_IN = List.of(DEFAULT, REDIS);

  public Keyspace {
    if (id < 1 || id == Integer.MAX_VALUE) {
      throw new IllegalArgumentException("keyspace id " + id + " is out of bounds");
    }
    if (!name.matches(NAME)) {
      throw new IllegalArgumentException(
          "keyspace name '" + abbreviated(name) + "' is not allowed; it must match " + NAME);
    }
    if (replicas < 0) {
      throw new IllegalArgumentException("keyspace of " + replicas + " replicas");
    }
  }

  /** The built-in keyspace of this name. */
  public static Optional<Keyspace> builtIn(String name) {
    return BUILT_IN.stream().filter(keyspace -> keyspace.name.equals(name)).findFirst();
  }

  public Keyspace withReplicas(int number) {
    return new Keyspace(id, name, partitioning, number);
  }

  /** All encoded keys of this keyspace. */
  public KeyRange range() {
    return new KeyRange(prefix(id), prefix(id + 1));
  }

  /** What every encoded key of this keyspace begins with. */
  public KeyBytes prefix() {
    return prefix(id);
  }

  private static KeyBytes prefix(int id) {
    return KeyBytes.of((byte) (id >>> 24), (byte) (id >>> 16), (byte) (id >>> 8), (byte) id);
  }

  private static String abbreviated(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
