package io.flotilla.router.map;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;

/** A shard as a request needs it: its range, its epoch, and whom to ask. */
public final class Route {
  private final Shard shard;
  private final long[] nodes;

  Route(Shard shard) {
    this.shard = shard;
    this.nodes =
        shard.getReplicasList().stream()
            .filter(replica -> replica.getRole() != ReplicaRole.LEARNER)
            .sorted((a, b) -> Boolean.compare(isPreferred(b), isPreferred(a)))
            .mapToLong(Replica::getNode)
            .toArray();
  }

  public long id() {
    return shard.getId();
  }

  public int keyspace() {
    return shard.getKeyspace();
  }

  public Epoch epoch() {
    return shard.getEpoch();
  }

  /** First encoded key. */
  public ByteString start() {
    return shard.getStart();
  }

  /** First encoded key after the shard; empty: no bound. */
  public ByteString end() {
    return shard.getEnd();
  }

  public Shard shard() {
    return shard;
  }

  public boolean contains(ByteString encodedKey) {
    return compare(start(), encodedKey) <= 0 && isBefore(encodedKey, end());
  }

  /** How many nodes may be asked. */
  public int candidates() {
    return nodes.length;
  }

  /** One of the nodes that hold a voter; the preferred leader's is the first. */
  public long candidate(int index) {
    return nodes[index];
  }

  boolean overlaps(Route other) {
    return beginsBefore(other.end()) && other.beginsBefore(end());
  }

  /**
   * Whether its first key is before a bound.
   *
   * @param end empty: no bound
   */
  boolean beginsBefore(ByteString end) {
    return isBefore(start(), end);
  }

  private static boolean isBefore(ByteString key, ByteString end) {
    return end.isEmpty() || compare(key, end) < 0;
  }

  boolean isOfLaterVersionThan(Route other) {
    return Long.compareUnsigned(epoch().getVersion(), other.epoch().getVersion()) > 0;
  }

  /** Whether this descriptor is of a later state of its group than the other. */
  boolean isNewerThan(Route other) {
    return compareEpochs(epoch(), other.epoch()) > 0;
  }

  private boolean isPreferred(Replica replica) {
    return replica.getReplica() == shard.getPreferredLeader();
  }

  /** The version decides: it never goes back, and membership changes leave it alone. */
  private static int compareEpochs(Epoch a, Epoch b) {
    int byVersion = Long.compareUnsigned(a.getVersion(), b.getVersion());
    return byVersion != 0
        ? byVersion
        : Long.compareUnsigned(a.getConfVersion(), b.getConfVersion());
  }

  /** Unsigned and lexicographical: the order of keys. */
  public static int compare(ByteString a, ByteString b) {
    int common = Math.min(a.size(), b.size());
    for (int i = 0; i < common; i++) {
      int difference = (a.byteAt(i) & 0xff) - (b.byteAt(i) & 0xff);
      if (difference != 0) {
        return difference;
      }
    }
    return a.size() - b.size();
  }

  @Override
  public String toString() {
    return "shard " + id() + " at epoch " + epoch().getVersion() + "." + epoch().getConfVersion();
  }
}
